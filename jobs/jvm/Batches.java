import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.BasicTypeInfo;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.operators.python.embedded.AbstractEmbeddedPythonFunctionOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.types.Row;
import org.apache.flink.util.ExceptionUtils;
import org.rocksdb.Env;
import org.rocksdb.Priority;

/**
 * Lets a keyed function in Python work on many records and timers at once.
 *
 * <p>Input: rows of a key and of a record's fields; a second one, of records for every subtask.
 * Output: Flink's own rows of route, key and value. What comes close after the other, within a
 * millisecond and up to a number, crosses into Python in one call ({@code operators.batched}), with
 * the states that it asked to have read ahead; what is to be stored, which timers are to be set and
 * what is said comes back as its answer. What comes alone waits for nothing. Nothing waits across a
 * checkpoint: a batch is worked on before its barrier goes on.
 *
 * <p>Flink compiles it where it runs ({@code jobs.jvm.compiled}).
 */
public class Batches extends AbstractEmbeddedPythonFunctionOperator
        implements OneInputStreamOperator,
                TwoInputStreamOperator,
                Triggerable,
                ProcessingTimeService.ProcessingTimeCallback {
    private static final Long RECORD = Long.valueOf(0);
    private static final Long TIMER = Long.valueOf(1);
    private static final Long FOR_ALL = Long.valueOf(2);
    private static final int MOST = 64;
    private static final long WAITS_MS = 1;
    private static final long WAITS_NS = 1000000 * WAITS_MS;
    private static final Object[] NOTHING = new Object[0];
    private static final int COLUMNS = 3;

    private final byte[] function;
    private final Object[] readAhead;
    private final List keys = new ArrayList();
    private final List entries = new ArrayList();
    private InternalTimerService timers;
    private ValueState[] states;
    private MapState[] maps;
    private int[] ahead;
    private Object python;
    private Method invoke;
    private boolean isAwaited = false;
    private long workedAt = System.nanoTime();

    /** Takes settings of Python, the function as Python pickled it, and names of states. */
    public Batches(
            Object[] references,
            StreamTask task,
            StreamConfig config,
            Output output,
            ProcessingTimeService clock) {
        super((Configuration) references[0]);
        function = (byte[]) references[1];
        readAhead = (Object[]) references[2];
        setup(task, config, output);
        setProcessingTimeService(clock);
    }

    public void open() throws Exception {
        // The name and the types that PyFlink's own operators have: savepoints of theirs are read.
        timers = getInternalTimerService("user-timers", VoidNamespaceSerializer.INSTANCE, this);
        super.open();
        if (getKeyedStateBackend().getClass().getName().contains("RocksDB")) {
            // All RocksDBs of a process merge files in the same threads, after checkpoints, and
            // took the cores from decisions. If they fall behind, RocksDB holds up whoever writes.
            Env.getDefault().lowerThreadPoolCPUPriority(Priority.LOW);
        }
    }

    public void openPythonInterpreter() {
        try {
            begin();
        } catch (Exception error) {
            throw new RuntimeException(error);
        }
    }

    public void processElement(StreamRecord element) throws Exception {
        add(RECORD, fields((Row) ((Row) element.getValue()).getField(1)));
    }

    public void processElement1(StreamRecord element) throws Exception {
        processElement(element);
    }

    public void processElement2(StreamRecord element) throws Exception {
        take(null, new Object[] {FOR_ALL, null, fields((Row) element.getValue()), NOTHING});
    }

    public void onProcessingTime(InternalTimer timer) throws Exception {
        add(TIMER, Long.valueOf(timer.getTimestamp()));
    }

    public void onEventTime(InternalTimer timer) {
        throw new UnsupportedOperationException("no timer is set by the time of events");
    }

    public void onProcessingTime(long timestamp) throws Exception {
        isAwaited = false;
        work();
    }

    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        work();
        super.prepareSnapshotPreBarrier(checkpointId);
    }

    public void finish() throws Exception {
        work();
        super.finish();
    }

    public void close() throws Exception {
        if (python != null) {
            call("close", NOTHING);
        }
        super.close();
    }

    /** Makes the key of an entry the current one; Python asks for it before it reads states. */
    public void select(long number) {
        setCurrentKey(keys.get((int) number));
    }

    /** Gives the text of a map under a name; the key of the entry becomes the current one. */
    public String read(long number, long map, String name) throws Exception {
        setCurrentKey(keys.get((int) number));
        return (String) maps[(int) map].get(name);
    }

    protected void invokeFinishBundle() {}

    /** Knows pemja by reflection only: there may be a second one where this class is loaded. */
    private void begin() throws Exception {
        Field field = AbstractEmbeddedPythonFunctionOperator.class.getDeclaredField("interpreter");
        field.setAccessible(true);
        Object interpreter = field.get(this);
        Class of = interpreter.getClass();
        Method set = of.getMethod("set", new Class[] {String.class, Object.class});
        set.invoke(interpreter, new Object[] {"function", function});
        set.invoke(interpreter, new Object[] {"read_ahead", readAhead});
        set.invoke(interpreter, new Object[] {"runtime_context", getRuntimeContext()});
        set.invoke(interpreter, new Object[] {"keyed_states", getKeyedStateBackend()});
        set.invoke(interpreter, new Object[] {"operator_states", getOperatorStateBackend()});
        set.invoke(interpreter, new Object[] {"operator", this});
        Method exec = of.getMethod("exec", new Class[] {String.class});
        String code =
                "from operators.embedded import begun\n"
                        + "batched = begun(function, read_ahead, runtime_context, keyed_states,"
                        + " operator_states, operator)";
        exec.invoke(interpreter, new Object[] {code});
        Class[] types = new Class[] {String.class, String.class, Object[].class};
        invoke = of.getMethod("invokeMethod", types);
        python = interpreter;
        reach((Object[]) call("open", NOTHING));
    }

    private void reach(Object[] found) throws Exception {
        BasicTypeInfo text = BasicTypeInfo.STRING_TYPE_INFO;
        Object[] names = (Object[]) found[0];
        states = new ValueState[names.length];
        for (int i = 0; i < names.length; i++) {
            ValueStateDescriptor of = new ValueStateDescriptor((String) names[i], text);
            states[i] = (ValueState) getPartitionedState(of);
        }
        ahead = new int[readAhead.length];
        for (int i = 0; i < ahead.length; i++) {
            ahead[i] = Arrays.asList(names).indexOf(readAhead[i]);
        }
        Object[] others = (Object[]) found[1];
        maps = new MapState[others.length];
        for (int i = 0; i < others.length; i++) {
            MapStateDescriptor of = new MapStateDescriptor((String) others[i], text, text);
            maps[i] = (MapState) getPartitionedState(of);
        }
    }

    private Object call(String method, Object[] arguments) throws Exception {
        try {
            return invoke.invoke(python, new Object[] {"batched", method, arguments});
        } catch (InvocationTargetException error) {
            ExceptionUtils.rethrowException(error.getCause());
            throw error;
        }
    }

    private void add(Long kind, Object value) throws Exception {
        Object key = getCurrentKey();
        Object[] known = new Object[ahead.length];
        for (int i = 0; i < known.length; i++) {
            known[i] = states[ahead[i]].value();
        }
        take(key, new Object[] {kind, ((Row) key).getField(0), value, known});
    }

    private void take(Object key, Object[] entry) throws Exception {
        keys.add(key);
        entries.add(entry);
        if (isAwaited ? entries.size() == MOST : System.nanoTime() - workedAt > WAITS_NS) {
            work();
        } else if (!isAwaited) {
            isAwaited = true;
            ProcessingTimeService clock = getProcessingTimeService();
            clock.registerTimer(clock.getCurrentProcessingTime() + WAITS_MS, this);
        }
    }

    private void work() throws Exception {
        if (entries.isEmpty()) {
            return;
        }
        Long now = Long.valueOf(getProcessingTimeService().getCurrentProcessingTime());
        Object[] answers = (Object[]) call("work", new Object[] {now, entries.toArray()});
        for (int i = 0; i < answers.length; i++) {
            Object[] answer = (Object[]) answers[i];
            if (answer != null) {
                store(keys.get(i), answer);
                say((Object[]) answer[3]);
            }
        }
        keys.clear();
        entries.clear();
        workedAt = System.nanoTime();
    }

    /** Stores texts, and sets timers; those below zero are set no more. */
    private void store(Object key, Object[] answer) throws Exception {
        Object[] texts = (Object[]) answer[0];
        Object[] entries = (Object[]) answer[1];
        Object[] instants = (Object[]) answer[2];
        if (texts.length + entries.length + instants.length > 0) {
            setCurrentKey(key);
        }
        for (int i = 0; i < texts.length; i += 2) {
            ValueState state = states[((Number) texts[i]).intValue()];
            if (texts[i + 1] == null) {
                state.clear();
            } else {
                state.update(texts[i + 1]);
            }
        }
        for (int i = 0; i < entries.length; i += 3) {
            MapState map = maps[((Number) entries[i]).intValue()];
            if (entries[i + 2] == null) {
                map.remove(entries[i + 1]);
            } else {
                map.put(entries[i + 1], entries[i + 2]);
            }
        }
        for (int i = 0; i < instants.length; i++) {
            long at = ((Number) instants[i]).longValue();
            if (at < 0) {
                timers.deleteProcessingTimeTimer(VoidNamespace.INSTANCE, -at);
            } else {
                timers.registerProcessingTimeTimer(VoidNamespace.INSTANCE, at);
            }
        }
    }

    private void say(Object[] texts) {
        for (int i = 0; i < texts.length; i += COLUMNS) {
            GenericRowData row = new GenericRowData(COLUMNS);
            for (int j = 0; j < COLUMNS; j++) {
                row.setField(j, BinaryStringData.fromString((String) texts[i + j]));
            }
            output.collect(new StreamRecord(row));
        }
    }

    private static Object[] fields(Row row) {
        Object[] fields = new Object[row.getArity()];
        for (int i = 0; i < fields.length; i++) {
            fields[i] = row.getField(i);
        }
        return fields;
    }
}

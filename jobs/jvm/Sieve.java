import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.ProcessingTimeService;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.table.runtime.operators.TableStreamOperator;

/**
 * Lets those events pass that somebody may listen to, and counts by type those that nobody does.
 *
 * <p>Input: key, value, topic, partition, offset, timestamp. Output: the same, with the value as
 * one character per byte, or a type and how many came of it. Counts are told before each
 * checkpoint, so that none are kept in state, and every second.
 *
 * <p>Flink compiles it where it runs, as it does with SQL ({@code jobs.sieve}): by Janino, which
 * knows no generics.
 */
public class Sieve extends TableStreamOperator
        implements OneInputStreamOperator, ProcessingTimeService.ProcessingTimeCallback {
    private static final int COLUMNS = 6;
    private static final long TOLD_EVERY_MS = 1000;
    private static final int MOST_TYPES = 10000;

    private final byte[] typeField;
    private final byte[] datasetField;
    private final Set listened;
    private final int longestKey;
    private final int longestValue;
    private final Map counts = new HashMap();
    private boolean isAwaited = false;

    /** Takes names of the fields, types that are listened to, and the longest key and value. */
    public Sieve(
            Object[] references,
            StreamTask task,
            StreamConfig config,
            Output output,
            ProcessingTimeService clock) {
        setup(task, config, output);
        setProcessingTimeService(clock);
        typeField = ((String) references[0]).getBytes(StandardCharsets.US_ASCII);
        datasetField = ((String) references[1]).getBytes(StandardCharsets.US_ASCII);
        listened = new HashSet(Arrays.asList((Object[]) references[2]));
        longestKey = ((Integer) references[3]).intValue();
        longestValue = ((Integer) references[4]).intValue();
    }

    public void processElement(StreamRecord element) throws Exception {
        RowData row = (RowData) element.getValue();
        String type = typeOf(row);
        if (type == null || listened.contains(type)) {
            output.collect(element.replace(passed(row)));
        } else {
            count(type);
        }
    }

    public void onProcessingTime(long timestamp) throws Exception {
        isAwaited = false;
        tell();
    }

    public void prepareSnapshotPreBarrier(long checkpointId) throws Exception {
        tell();
    }

    public void finish() throws Exception {
        tell();
        super.finish();
    }

    private void count(String type) {
        long[] count = (long[]) counts.get(type);
        if (count == null) {
            if (counts.size() == MOST_TYPES) {
                tell();
            }
            count = new long[1];
            counts.put(type, count);
        }
        count[0]++;
        if (!isAwaited) {
            isAwaited = true;
            ProcessingTimeService clock = getProcessingTimeService();
            clock.registerTimer(clock.getCurrentProcessingTime() + TOLD_EVERY_MS, this);
        }
    }

    private void tell() {
        for (Iterator all = counts.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry entry = (Map.Entry) all.next();
            GenericRowData told = new GenericRowData(COLUMNS + 2);
            told.setField(COLUMNS, BinaryStringData.fromString((String) entry.getKey()));
            told.setField(COLUMNS + 1, Long.valueOf(((long[]) entry.getValue())[0]));
            output.collect(new StreamRecord(told));
        }
        counts.clear();
    }

    private static RowData passed(RowData row) {
        GenericRowData passed = new GenericRowData(COLUMNS + 2);
        passed.setField(0, row.isNullAt(0) ? null : row.getString(0));
        if (!row.isNullAt(1)) {
            String value = new String(row.getBinary(1), StandardCharsets.ISO_8859_1);
            passed.setField(1, BinaryStringData.fromString(value));
        }
        passed.setField(2, row.getString(2));
        passed.setField(3, Integer.valueOf(row.getInt(3)));
        passed.setField(4, Long.valueOf(row.getLong(4)));
        passed.setField(5, row.getTimestamp(5, 3));
        return passed;
    }

    /** Gives the type of an event, or null where its text leaves a doubt: Python looks at it. */
    private String typeOf(RowData row) {
        if (row.isNullAt(0) || row.isNullAt(1) || !isKey(row.getString(0).toBytes())) {
            return null;
        }
        byte[] text = row.getBinary(1);
        boolean mayBeRead = text.length > 1 && text.length <= longestValue && text[0] == '{';
        return mayBeRead ? typeIn(text) : null;
    }

    private boolean isKey(byte[] key) {
        boolean isAscii = true;
        for (int i = 0; i < key.length; i++) {
            isAscii &= key[i] >= 0;
        }
        if (isAscii) {
            return key.length > 0 && key.length <= longestKey;
        }
        String text = new String(key, StandardCharsets.UTF_8);
        return text.codePointCount(0, text.length()) <= longestKey && text.indexOf('\uFFFD') < 0;
    }

    /** Reads an object as far as it must to be sure of its fields: where texts and brackets end. */
    private String typeIn(byte[] text) {
        String type = null;
        int depth = 0;
        boolean isField = false;
        for (int i = 0; i < text.length; i++) {
            byte c = text[i];
            if (c == '"') {
                int end = endOfText(text, i + 1);
                if (end < 0) {
                    return null;
                }
                if (isField && depth == 1) {
                    isField = false;
                    if (hasEscape(text, i + 1, end) || isText(text, i + 1, end, datasetField)) {
                        return null;
                    }
                    if (isText(text, i + 1, end, typeField)) {
                        int begin = beginOfValue(text, end + 1);
                        end = begin < 0 ? -1 : endOfPlainText(text, begin);
                        if (end < 0 || type != null) {
                            return null;
                        }
                        type = new String(text, begin, end - begin, StandardCharsets.US_ASCII);
                    }
                }
                i = end;
            } else if (c == '{' || c == '[') {
                depth++;
                isField = depth == 1;
            } else if (c == '}' || c == ']') {
                depth--;
                if (depth == 0) {
                    return i == text.length - 1 ? type : null;
                }
            } else if (c == ',' && depth == 1) {
                isField = true;
            }
        }
        return null;
    }

    private static int endOfText(byte[] text, int from) {
        int i = from;
        while (i < text.length && text[i] != '"') {
            i += text[i] == '\\' ? 2 : 1;
        }
        return i < text.length ? i : -1;
    }

    private static boolean hasEscape(byte[] text, int from, int end) {
        for (int i = from; i < end; i++) {
            if (text[i] == '\\') {
                return true;
            }
        }
        return false;
    }

    private static boolean isText(byte[] text, int from, int end, byte[] wanted) {
        if (end - from != wanted.length) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (text[from + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }

    /** Gives where a text begins that is the value of the field before, or -1. */
    private static int beginOfValue(byte[] text, int from) {
        int i = afterSpace(text, from);
        if (i == text.length || text[i] != ':') {
            return -1;
        }
        i = afterSpace(text, i + 1);
        return i < text.length && text[i] == '"' ? i + 1 : -1;
    }

    private static int afterSpace(byte[] text, int from) {
        int i = from;
        while (i < text.length
                && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r')) {
            i++;
        }
        return i;
    }

    /** Gives where a text ends that is not empty, in ASCII and without escapes, or -1. */
    private static int endOfPlainText(byte[] text, int from) {
        int i = from;
        while (i < text.length && text[i] >= ' ' && text[i] <= '~' && text[i] != '\\') {
            if (text[i] == '"') {
                return i > from ? i : -1;
            }
            i++;
        }
        return -1;
    }
}

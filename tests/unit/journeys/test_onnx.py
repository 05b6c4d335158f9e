"""ONNX files: what they say of themselves, and what comes out of them for one person."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence

import pytest
from onnx import TensorProto, helper

from journeys.expressions import Value
from journeys.onnx_file import OnnxError, Port, read_onnx
from journeys.onnx_session import InputError, OnnxSession, opened
from tests.harness.onnx_files import FLOAT, classified, onnx_file, separate, weighted

PAIR = weighted([0.5, 2.0], 1.0)


def run(
    content: bytes,
    inputs: Mapping[str, Sequence[Value]],
    output: str = "score",
    label: str | int | None = None,
) -> float:
    return OnnxSession(content).run(inputs, output, label)


def test_a_file_says_what_goes_in_and_what_comes_out() -> None:
    file = read_onnx(PAIR)
    assert file.inputs == {"features": Port("features", "number", "float32", (None, 2))}
    assert file.outputs == {"score": Port("score", "number", "float32", (None, 1))}
    assert {n: (p.holds, p.width) for n, p in read_onnx(separate()).inputs.items()} == {
        "country": ("text", 1),
        "is_new": ("truth value", 1),
        "age": ("number", 1),
    }
    assert read_onnx(classified(zipped=True)).outputs["maps"].holds == "chances"


def test_constants_that_old_exporters_list_among_the_inputs_are_none() -> None:
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "w"], ["score"])],
        "old",
        [helper.make_tensor_value_info(n, FLOAT, [1]) for n in ("x", "w")],
        [helper.make_tensor_value_info("score", FLOAT, [1])],
        [helper.make_tensor("w", FLOAT, [1], [3.0])],
    )
    content = helper.make_model(graph, ir_version=8).SerializeToString()
    assert list(read_onnx(content).inputs) == ["x"]


def outside() -> bytes:
    tensor = helper.make_tensor("w", FLOAT, [1], [1.0])
    tensor.data_location = TensorProto.EXTERNAL
    port = helper.make_tensor_value_info("x", FLOAT, [1])
    graph = helper.make_graph([], "outside", [port], [port], [tensor])
    content: bytes = helper.make_model(graph).SerializeToString()
    return content


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is no ONNX file"),
        (b"kind: model", "it is no ONNX file"),
        (PAIR[:-20], "it is no ONNX file"),
        (outside(), "another file"),
        (onnx_file([], [("x", FLOAT, [None, 3, 224])], []), "'x' is no number"),
        (onnx_file([], [("x", FLOAT, [8, 3])], []), "'x' is no number"),
        (onnx_file([], [("x", TensorProto.COMPLEX64, [1])], []), "'x' is no number"),
    ],
)
def test_what_cannot_be_run_is_told(content: bytes, told: str) -> None:
    with pytest.raises(OnnxError, match=told):
        read_onnx(content)


def test_a_prefix_of_a_file_never_ends_in_another_error() -> None:
    for length in range(len(PAIR)):
        try:
            read_onnx(PAIR[:length])
        except OnnxError:
            continue


def test_one_input_may_hold_all_numbers() -> None:
    assert run(PAIR, {"features": [4, 1.5]}) == 6.0
    assert run(PAIR, {"features": [True, 1]}) == 3.5


def test_each_input_may_hold_one_value_of_its_own_kind() -> None:
    given: dict[str, list[Value]] = {"country": ["FR"], "is_new": [True], "age": [40]}
    assert run(separate(), given) == 40.0
    assert run(separate(), {**given, "country": ["DE"]}) == 0.0
    assert run(separate(), {**given, "is_new": [False]}) == 0.0


@pytest.mark.parametrize(
    ("output", "label", "expected"),
    [("array", None, 0.8), ("array", 1, 0.15), ("maps", None, 0.15), ("maps", "buys", 0.05)],
)
def test_of_several_classes_one_is_read(
    output: str, label: str | int | None, expected: float
) -> None:
    content = classified(zipped=output == "maps")
    assert run(content, {"x": [11]}, output, label) == pytest.approx(expected)


@pytest.mark.parametrize("wrong", [["a"], [2**70], [None], [[1]], [1.0, 2.0]])
def test_a_value_that_does_not_fit_its_input_is_told(wrong: list[Value]) -> None:
    with pytest.raises(InputError):
        run(separate(), {"country": ["FR"], "is_new": [True], "age": wrong})


def test_what_the_runtime_refuses_is_told_in_one_line() -> None:
    with pytest.raises(OnnxError, match="features") as told:
        run(PAIR, {"features": [1.0, 2.0, 3.0]})
    assert "\n" not in str(told.value)
    with pytest.raises(OnnxError, match="Magic"):
        OnnxSession(
            onnx_file(
                [helper.make_node("Magic", ["x"], ["y"])], [("x", FLOAT, [1])], [("y", FLOAT, [1])]
            )
        )
    with pytest.raises(OnnxError):
        run(classified(zipped=True), {"x": [1]}, "maps", "flies")


def test_a_file_is_opened_once() -> None:
    content = b64encode(PAIR).decode()
    assert opened(content) is opened(b64encode(PAIR).decode())
    with pytest.raises(OnnxError):
        opened(content[:-1])

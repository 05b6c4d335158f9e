"""ONNX files for tests, as exporters write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from onnx import NodeProto, TensorProto, ValueInfoProto, helper
from onnx.helper import make_node, make_tensor, make_tensor_value_info

FLOAT = TensorProto.FLOAT
Port = tuple[str, int, Sequence[int | None] | None]
"""Name, element and shape."""


def onnx_file(
    nodes: Sequence[NodeProto], inputs: Sequence[Port], outputs: Sequence[Port | ValueInfoProto]
) -> bytes:
    """Write a file; an output is a port, or the description of another type."""
    ways = [make_tensor_value_info(*port) for port in inputs]
    ends = [make_tensor_value_info(*o) if isinstance(o, tuple) else o for o in outputs]
    graph = helper.make_graph(nodes, "model", ways, ends)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    written: bytes = model.SerializeToString()
    return written


def weighted(weights: Sequence[float], bias: float = 0.0, width: int | None = -1) -> bytes:
    """Write a file that weighs the numbers of its one input `features`, with its one output."""
    given = len(weights) if width == -1 else width
    constants = [constant("w", [len(weights), 1], weights), constant("b", [1], [bias])]
    nodes = [*constants, make_node("Gemm", ["features", "w", "b"], ["score"])]
    return onnx_file(nodes, [("features", FLOAT, [None, given])], [("score", FLOAT, [None, 1])])


def constant(name: str, shape: Sequence[int], values: Sequence[float]) -> NodeProto:
    return make_node("Constant", [], [name], value=make_tensor(name, FLOAT, shape, values))


def classified(*, zipped: bool) -> bytes:
    """Write a classifier of `x` in three classes: `label`, and the chances as array or as maps."""
    tree: dict[str, Any] = {
        "nodes_treeids": [0] * 3,
        "nodes_nodeids": [0, 1, 2],
        "nodes_featureids": [0] * 3,
        "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
        "nodes_values": [10.0, 0.0, 0.0],
        "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [2, 0, 0],
        "class_treeids": [0] * 6,
        "class_nodeids": [1, 1, 1, 2, 2, 2],
        "class_ids": [0, 1, 2] * 2,
        "class_weights": [0.7, 0.2, 0.1, 0.05, 0.15, 0.8],
        "classlabels_strings": ["buys", "looks", "leaves"],
        "post_transform": "NONE",
    }
    nodes = [
        make_node("TreeEnsembleClassifier", ["x"], ["label", "array"], domain="ai.onnx.ml", **tree)
    ]
    chances: Port | ValueInfoProto = ("array", FLOAT, [None, 3])
    if zipped:
        nodes.append(
            make_node(
                "ZipMap",
                ["array"],
                ["maps"],
                domain="ai.onnx.ml",
                classlabels_strings=tree["classlabels_strings"],
            )
        )
        value = helper.make_tensor_type_proto(FLOAT, None)
        of_one = helper.make_map_type_proto(TensorProto.STRING, value)
        maps = helper.make_sequence_type_proto(of_one)
        chances = helper.make_value_info("maps", maps)
    return onnx_file(
        nodes, [("x", FLOAT, [None, 1])], [("label", TensorProto.STRING, [None]), chances]
    )


def separate() -> bytes:
    """Write a file with an input of each kind: `age` is added where `is_new`, and not for `DE`."""
    lookup: dict[str, Any] = {
        "keys_strings": ["DE"],
        "values_floats": [0.0],
        "default_float": 1.0,
        "domain": "ai.onnx.ml",
    }
    nodes = [
        make_node("LabelEncoder", ["country"], ["abroad"], **lookup),
        make_node("Cast", ["is_new"], ["new"], to=FLOAT),
        make_node("Cast", ["age"], ["years"], to=FLOAT),
        make_node("Mul", ["years", "new"], ["a"]),
        make_node("Mul", ["a", "abroad"], ["score"]),
    ]
    inputs: list[Port] = [
        ("country", TensorProto.STRING, [None, 1]),
        ("is_new", TensorProto.BOOL, [1]),
        ("age", TensorProto.INT64, []),
    ]
    return onnx_file(nodes, inputs, [("score", FLOAT, None)])

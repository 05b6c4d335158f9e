"""Train the model that chooses an offer, and write it as an ONNX file.

    python examples/welcome/train.py

Learns from made-up visitors whether somebody would rather have one tea or a set to taste: from how
many pages they looked at, and whether they live in Japan. Uses the package `onnx` alone; any
trainer that writes ONNX does as well, such as scikit-learn, LightGBM or PyTorch. The same seed
gives the same file.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

from onnx import TensorProto, helper

FILE = Path(__file__).with_name("models") / "taste.onnx"
VISITORS = 400
ROUNDS = 200
PACE = 0.5

Visitor = tuple[list[float], bool]


def main() -> None:
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_bytes(written(*learnt(visitors())))
    print(f"{FILE}: {FILE.stat().st_size} bytes")


def visitors() -> list[Visitor]:
    """Make up people: pages seen, whether in Japan, and whether they bought the set."""
    chance = random.Random(7)
    found = []
    for _ in range(VISITORS):
        pages, japan = chance.randrange(3), chance.random() < 0.2
        likes = chance.random() < 0.15 + 0.35 * pages - 0.1 * japan
        found.append(([float(pages), float(japan)], likes))
    return found


def learnt(people: list[Visitor]) -> tuple[list[float], float]:
    """Fit a logistic regression by gradient descent: weights and bias."""
    weights, bias = [0.0, 0.0], 0.0
    for _ in range(ROUNDS):
        for features, likes in people:
            miss = likes - chance_of(features, weights, bias)
            weights = [
                w + PACE / VISITORS * miss * x for w, x in zip(weights, features, strict=True)
            ]
            bias += PACE / VISITORS * miss
    return [round(w, 3) for w in weights], round(bias, 3)


def chance_of(features: list[float], weights: list[float], bias: float) -> float:
    total = bias + sum(w * x for w, x in zip(weights, features, strict=True))
    return 1 / (1 + math.exp(-total))


def written(weights: list[float], bias: float) -> bytes:
    """Write the model: `features` in, two numbers as a list, and `chance` out, from 0 to 1."""
    numbers = TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["features", "weights", "bias"], ["total"]),
            helper.make_node("Sigmoid", ["total"], ["chance"]),
        ],
        "taste",
        [helper.make_tensor_value_info("features", numbers, [None, len(weights)])],
        [helper.make_tensor_value_info("chance", numbers, [None, 1])],
        [
            helper.make_tensor("weights", numbers, [len(weights), 1], weights),
            helper.make_tensor("bias", numbers, [1], [bias]),
        ],
    )
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8)
    return bytes(model.SerializeToString())


if __name__ == "__main__":
    main()

"""`kind: model`: a score for a person, by a formula or by a trained model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic import StringConstraints as Text

from journeys import limits
from journeys.specification import Expression, NamedSpec, shown

_Features = Annotated[list[Expression], Field(min_length=1, max_length=limits.MAX_FEATURES)]


class ModelSpec(NamedSpec):
    """`kind: model`: expressions read its score as `@decision{id.score}`."""

    model_config = shown(
        {
            "kind": "model",
            "id": "loyalty",
            "formula": "count(@history{purchase.orderId, P90D}) * 10",
        },
        {
            "kind": "model",
            "id": "churn",
            "onnx": "models/churn.onnx",
            "inputs": {"features": ["#{profile.age}", "count(@history{purchase.orderId, P90D})"]},
            "output": "probabilities",
        },
    )

    kind: Literal["model"]
    version: Annotated[int, Field(ge=1)] = 1
    """Raised with every change; step events say which version decided."""
    formula: Expression | None = None
    """An expression over profile and history that gives a number."""
    onnx: str | None = None
    """An `.onnx` file of the project, instead of a formula."""
    inputs: dict[Annotated[str, Text(min_length=1)], Expression | _Features] = Field(
        default_factory=dict
    )
    """Of an ONNX model: input name to the expression that feeds it, or to the list of those that
    feed an input of several values, in order."""
    output: str | None = None
    """Of an ONNX model: the output that is the score. A file with one output needs none named."""
    class_name: str | int | None = Field(default=None, alias="class")
    """Of an ONNX model whose output has a number for each class: the class whose number is the
    score, by its position from 0, or by its name where the output has names. By default the
    last."""
    missing: Literal["no_score", "nan"] = "no_score"
    """What becomes of a person for whom an input has no value: there is no score, or the model gets
    the number NaN and decides."""

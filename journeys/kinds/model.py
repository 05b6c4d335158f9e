"""`kind: model`: a score for a person, by a formula or by a trained model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from journeys.specification import Expression, Identifier, NamedSpec, shown


class ModelSpec(NamedSpec):
    """`kind: model`: expressions read its score as `@decision{id.score}`."""

    model_config = shown(
        {
            "kind": "model",
            "id": "loyalty",
            "formula": "count(@history{purchase.orderId, P90D}) * 10",
        }
    )

    kind: Literal["model"]
    version: Annotated[int, Field(ge=1)] = 1
    """Raised with every change; step events say which version decided."""
    formula: Expression | None = None
    """An expression over profile and history that gives a number."""
    onnx: str | None = None
    """An `.onnx` file of the project, instead of a formula."""
    inputs: dict[Identifier, Expression] = Field(default_factory=dict)
    """Of an ONNX model: input name to the expression that feeds it."""
    output: str | None = None
    """Of an ONNX model: the output that is the score; by default its first."""

"""The trained reader as an ONNX file with weights of eight bits."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

if TYPE_CHECKING:
    from nlp.training.network import Reader

HEADS = ("stance", "needs", "urgency", "embedding", "parties", "facilities", "entities")
"""The outputs of the file, in order."""


class _Plain(nn.Module):
    """The reader with its outputs as a tuple, without the head that only helped training."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        out = self.reader(input_ids, attention_mask)
        return tuple(getattr(out, head) for head in HEADS)


def export_onnx(reader: Reader, folder: Path) -> int:
    """Write `reader.onnx` into a folder and return its size in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "reader.onnx"
    ids = torch.tensor([[0, 5, 6, 7, 2], [0, 5, 2, 1, 1]])
    axes: dict[str, Any] = {name: {0: "batch", 1: "pieces"} for name in ("input_ids", "attention_mask")}
    axes |= {head: {0: "batch"} for head in HEADS[:4]} | {head: {0: "batch", 1: "pieces"} for head in HEADS[4:]}
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole.onnx"
        torch.onnx.export(
            _Plain(reader.float()).eval(),
            (ids, (ids != 1).long()),
            str(whole),
            input_names=["input_ids", "attention_mask"],
            output_names=list(HEADS),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        # Seven bits: on processors without VNNI the products of eight-bit numbers saturate.
        quantize_dynamic(whole, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
    return target.stat().st_size

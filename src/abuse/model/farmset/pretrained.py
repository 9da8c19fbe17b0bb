"""The network as transformers knows models: `AutoModel.from_pretrained(folder, local_files_only=True)`.

Nothing else imports transformers: it takes ten seconds and more of a worker's start (measured), torch three.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from torch import Tensor
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel

from abuse.model.farmset.attention import Rows
from abuse.model.farmset.network import Clusters, FarmSetTransformer, Judge, MaskedEvents, MemberEncoder, Said, Shape
from abuse.model.farmset.network import start as started

SHAPE = tuple(field.name for field in dataclasses.fields(Shape))


class FarmSetConfig(PreTrainedConfig):  # type: ignore[misc]
    """A Shape."""

    model_type = "farmset"

    def __init__(self, **given: Any) -> None:
        for name in SHAPE:
            if name in given:
                setattr(self, name, given.pop(name))
        super().__init__(**given)

    def shape(self) -> Shape:
        """The network's sizes."""
        return Shape.of({name: getattr(self, name) for name in SHAPE if hasattr(self, name)})


class FarmSetModel(PreTrainedModel):  # type: ignore[misc]
    """The parts of FarmSetTransformer under the names they have there."""

    config_class = FarmSetConfig
    base_model_prefix = "farmset"

    def __init__(self, config: FarmSetConfig) -> None:
        super().__init__(config)
        shape = config.shape()
        self.encoder, self.judge, self.masked = MemberEncoder(shape), Judge(shape), MaskedEvents(shape)
        self.post_init()

    def forward(self, tokens_TK: Tensor, members_NG: Tensor, rows: Rows, clusters: Clusters) -> Said:
        return FarmSetTransformer.forward(self, tokens_TK, members_NG, rows, clusters)

    def _init_weights(self, module: Any) -> None:
        started(module)


AutoConfig.register(FarmSetConfig.model_type, FarmSetConfig, exist_ok=True)
AutoModel.register(FarmSetConfig, FarmSetModel, exist_ok=True)

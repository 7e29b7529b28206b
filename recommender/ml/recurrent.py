"""GRU4Rec's layer, for a network that reads films one after the other instead of by attention."""

import torch
from torch import Tensor, nn

from recommender.ml.dropout import ByteDropout


class GruBlock(nn.Module):
    """A gated recurrent unit and a linear map back to the width of item vectors.

    In place of a Transformer's blocks, without positions, it makes the network GRU4Rec (Hidasi et
    al., ICLR 2016) with tied item vectors ("constrained embeddings": Hidasi and Karatzoglou, CIKM
    2018). A state depends on earlier films alone, so it is causal, and
    padding on the right is never read. It computes in float32 even inside autocast.
    """

    def __init__(self, dim: int, hidden_dim: int, dropout: float) -> None:
        super().__init__()
        self.gru = nn.GRU(dim, hidden_dim, batch_first=True)
        self.dropout = ByteDropout(dropout)
        self.project = nn.Linear(hidden_dim, dim)

    def forward(
        self, x: Tensor, last: Tensor | None = None, _times: Tensor | None = None
    ) -> Tensor:
        """(B, T, D) to (B, T, D), or to (B, 1, D) for the position `last` (B,) alone.

        It reads no times.
        """
        states, _ = self.gru(x.float())
        if last is not None:
            states = states[torch.arange(len(x), device=x.device), last, None]  # (B, 1, hidden)
        projected: Tensor = self.project(self.dropout(states))
        return projected

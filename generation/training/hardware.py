"""Where training computes: one CPU or GPU by plain torch, several in a group of processes.

Each process trains on batches of its own, and gradients are averaged before every update, so all processes
hold the same weights throughout: n of them with one batch a step are one with n batches. Start several with
`accelerate launch -m service.cli.main train ...`, or on a cluster (pipelines/engine_training.py), which makes
torch's group of processes itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class HardwareError(RuntimeError):
    """What was asked for cannot be computed on here."""


class Hardware:
    """Device, precision, and what processes tell one another.

    Parameters
    ----------
    device : str
        As torch names it; "" takes a GPU where there is one.
    accelerate : bool, optional
        Whether to go through `accelerate`; by default where a launcher started several processes, and torch
        has no group of them yet.
    bf16 : bool, optional
        bfloat16 arithmetic with float32 weights; by default on GPUs.

    Raises
    ------
    HardwareError
    """

    def __init__(self, device: str = "", *, accelerate: bool | None = None, bf16: bool | None = None) -> None:
        import torch

        self._accelerator: Any = None
        self._group = _in_group() and not accelerate
        if self._group:
            self.rank, self.n_processes = torch.distributed.get_rank(), torch.distributed.get_world_size()
            # Whoever made the group has chosen this process's GPU.
            self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        elif _launched() if accelerate is None else accelerate:
            try:
                from accelerate import Accelerator
            except ImportError:
                raise HardwareError(
                    "training on several GPUs needs accelerate: pip install accelerate"
                ) from None

            self._accelerator = Accelerator(cpu=device == "cpu")
            self.device = self._accelerator.device
            self.rank = int(self._accelerator.process_index)
            self.n_processes = int(self._accelerator.num_processes)
        else:
            self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
            self.rank, self.n_processes = 0, 1
        self.bf16 = self.device.type == "cuda" if bf16 is None else bf16

    @property
    def is_main(self) -> bool:
        """Whether this process writes files."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager[Any]:
        """Compute in the precision that was chosen, inside the block."""
        import torch

        return torch.autocast(self.device.type, dtype=torch.bfloat16) if self.bf16 else nullcontext()

    def average(self, tensors: Iterable[torch.Tensor]) -> None:
        """Average tensors over all processes, in place, as one message."""
        import torch

        present = list(tensors)
        if self.n_processes == 1 or not present:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in present])
        flat = self._sum(flat) / self.n_processes
        for tensor, part in zip(present, flat.split([t.numel() for t in present]), strict=True):
            tensor.copy_(part.view_as(tensor))

    def any(self, here: bool) -> bool:
        """Whether it is so in any process."""
        import torch

        if self.n_processes == 1:
            return here
        flag = torch.tensor(float(here), device=self.device)
        return bool(self._sum(flag) > 0)

    def wait(self) -> None:
        """Wait for all processes to come here."""
        if self._group:
            import torch

            torch.distributed.barrier()
        if self._accelerator is not None:
            self._accelerator.wait_for_everyone()

    def _sum(self, tensor: torch.Tensor) -> torch.Tensor:
        """The sum of a tensor over all processes."""
        if self._group:
            import torch

            torch.distributed.all_reduce(tensor)
            return tensor
        summed: torch.Tensor = self._accelerator.reduce(tensor, reduction="sum")
        return summed

    def move(self, batch: Any) -> Any:
        """A batch on the device: a tensor, anything with `to(device)`, or a mapping or sequence of them."""
        if hasattr(batch, "to"):
            return batch.to(self.device)
        if isinstance(batch, dict):
            return {name: self.move(value) for name, value in batch.items()}
        if isinstance(batch, list | tuple):
            return type(batch)(self.move(value) for value in batch)
        return batch


def _in_group() -> bool:
    """Whether this process is one of several that torch knows of."""
    import torch.distributed

    return bool(torch.distributed.is_available() and torch.distributed.is_initialized())


def _launched() -> bool:
    """Whether a launcher (`accelerate launch`, `torchrun`) started several processes."""
    import torch.distributed

    return bool(torch.distributed.is_available() and torch.distributed.is_torchelastic_launched())

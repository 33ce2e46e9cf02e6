"""What tensors checkpoints hold, which layers they make up, and what is refused or left out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.kinds import kind_of_name
from weightreel.analysis.networks.checkpoints.agree import agree
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.checkpoints.read import open_checkpoint
from weightreel.analysis.networks.checkpoints.state import LazyState
from weightreel.analysis.networks.layers import Header, layout_of
from weightreel.analysis.networks.live import effective_state


def checkpoint(path: Path) -> Checkpoint:
    return Checkpoint(path.name, (path,))


def saved(tensors: Any, path: Path) -> Checkpoint:
    if path.suffix == ".safetensors":
        save_file(tensors, path)
    elif path.suffix == ".npz":
        np.savez(path, **{key: value.numpy() for key, value in tensors.items()})
    else:
        torch.save(tensors, path)
    return checkpoint(path)


def state_of(saved_: Checkpoint) -> LazyState:
    return LazyState(saved_, layout_of(open_checkpoint(saved_)[0]).parts)


def small_network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 5), nn.LayerNorm(5)).eval()


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".safetensors", ".npz"])
def test_every_format_gives_the_same(suffix: str, tmp_path: Path) -> None:
    network = small_network()
    state = state_of(saved(network.state_dict(), tmp_path / f"a{suffix}"))
    assert sorted(state) == sorted(f"{layer}.{key}" for layer in "0134" for key in ("weight", "bias"))
    for name, value in state.items():
        assert value.dtype == np.float32
        assert np.array_equal(value, network.state_dict()[name].numpy())


def test_shards_are_one_checkpoint(tmp_path: Path) -> None:
    tensors = small_network().state_dict()
    parts = [tmp_path / f"model-0000{i}-of-00002.safetensors" for i in (1, 2)]
    save_file({k: v for k, v in tensors.items() if k < "3"}, parts[0])
    save_file({k: v for k, v in tensors.items() if k >= "3"}, parts[1])
    state = state_of(Checkpoint("x", tuple(parts)))
    assert np.array_equal(state["3.weight"], tensors["3.weight"].numpy())
    assert np.array_equal(state["0.weight"], tensors["0.weight"].numpy())


def test_a_file_that_is_not_zipped_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "old.pt"
    torch.save(small_network().state_dict(), path, _use_new_zipfile_serialization=False)
    assert state_of(checkpoint(path))["3.weight"].shape == (5, 16)


WEIGHT = torch.ones(3, 2)


@pytest.mark.parametrize(
    "loaded",
    [
        {"a.weight": WEIGHT},
        {"module.a.weight": WEIGHT},
        {"state_dict": {"model.a.weight": WEIGHT}, "epoch": 3, "optimizer_states": [{"x": torch.zeros(3)}]},
        {"model_state_dict": {"_orig_mod.module.a.weight": WEIGHT}, "optimizer_state_dict": {"b.weight": WEIGHT}},
        {"model": {"a._orig_mod.weight": WEIGHT}, "step": torch.tensor(4)},
        {"my_network": {"a.weight": WEIGHT}, "optimizer": {"state": {"0": WEIGHT}}},
    ],
)
def test_what_programs_wrap_around_names(loaded: Any, tmp_path: Path) -> None:
    assert list(state_of(saved(loaded, tmp_path / "a.pt"))) == ["a.weight"]


def test_two_networks_in_a_file_keep_their_names(tmp_path: Path) -> None:
    state = state_of(saved({"generator": {"a.weight": WEIGHT}, "critic": {"a.weight": WEIGHT}}, tmp_path / "a.pt"))
    assert list(state) == ["generator.a.weight", "critic.a.weight"]


def test_a_malicious_pickle_is_refused_without_running_it(tmp_path: Path) -> None:
    proof = tmp_path / "it ran"

    class Malicious:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(proof),)

    for zipped in (True, False):
        path = tmp_path / f"harmless-{zipped}.pt"
        torch.save({"a.weight": WEIGHT, "extra": Malicious()}, path, _use_new_zipfile_serialization=zipped)
        with pytest.raises(WeightreelError, match="was not loaded") as error:
            open_checkpoint(checkpoint(path))
        assert not proof.exists()
        told = str(error.value)
        assert str(path) in told and "mkdir" in told and ".safetensors" in told


def test_a_whole_model_is_refused_and_named(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save(small_network(), path)
    with pytest.raises(WeightreelError, match=r"Sequential.*was not loaded"):
        open_checkpoint(checkpoint(path))


@pytest.mark.parametrize("suffix", [".pt", ".safetensors", ".npz"])
@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 torn"])
def test_a_damaged_file_is_named(suffix: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"torn{suffix}"
    path.write_bytes(content)
    with pytest.raises(WeightreelError, match="torn"):
        open_checkpoint(checkpoint(path))


def test_an_array_that_is_damaged_further_on_is_named_when_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **{"a.weight": np.ones((300, 300), np.float32)})
    content = bytearray(path.read_bytes())
    content[200_000] ^= 1
    path.write_bytes(content)
    state = state_of(checkpoint(path))
    with pytest.raises(WeightreelError, match=r"a\.weight in .*a\.npz cannot be read"):
        state["a.weight"]


def test_pickled_arrays_are_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **{"a.weight": np.ones((3, 2)), "b.weight": np.array([{"x": 1}], dtype=object)})
    headers = open_checkpoint(checkpoint(path))[0]
    layout = layout_of(headers)
    assert list(layout.parts) == ["a"]
    assert "object" in layout.skipped["b"]


@pytest.mark.parametrize(
    ("name", "shape", "kind"),
    [
        ("layer1.0.conv1", (4, 3, 3, 3), "conv2d"),
        ("up.deconv", (4, 3, 3, 3), "convtranspose2d"),
        ("a", (4, 3, 3), "conv1d"),
        ("a", (4, 3, 3, 3, 3), "conv3d"),
        ("fc", (4, 3), "linear"),
        ("transformer.wte", (4, 3), "embedding"),
        ("embeddings.word_embeddings", (4, 3), "embedding"),
        ("embeddings.dense", (4, 3), "linear"),
        ("embed_tokens", (4, 3), "embedding"),
        ("tok_embeddings", (4, 3), "embedding"),
        ("lm_head", (4, 3), "linear"),
        ("norm1", (4,), "layernorm"),
        ("rms_norm", (4,), "rmsnorm"),
        ("group_norm", (4,), "groupnorm"),
        ("encoder.act", (4,), ""),
        ("x", (), ""),
        ("x", (1, 2, 3, 4, 5, 6), ""),
    ],
)
def test_kinds_by_name_and_shape(name: str, shape: tuple[int, ...], kind: str) -> None:
    found, reason = kind_of_name(name, shape)
    assert found == kind
    assert bool(reason) == (not kind)


def test_a_running_mean_makes_a_batchnorm() -> None:
    assert kind_of_name("norm1", (4,), running=True)[0] == "batchnorm"
    assert {k: p.kind for k, p in layout_of(headers_of(small_network().state_dict())).parts.items()} == {
        "0": "conv2d", "1": "batchnorm", "3": "linear", "4": "layernorm",
    }  # fmt: skip


def headers_of(tensors: dict[str, Tensor]) -> dict[str, Header]:
    return {name: Header(tuple(t.shape), str(t.dtype).removeprefix("torch.")) for name, t in tensors.items()}


def test_attention_gives_three_projections(tmp_path: Path) -> None:
    attention = nn.MultiheadAttention(8, 2).eval()
    state = state_of(saved(attention.state_dict(), tmp_path / "a.pt"))
    assert list(state) == ["q_proj.weight", "q_proj.bias", "k_proj.weight", "k_proj.bias", "v_proj.weight",
                           "v_proj.bias", "out_proj.weight", "out_proj.bias"]  # fmt: skip
    for i, part in enumerate("qkv"):
        assert np.array_equal(state[f"{part}_proj.weight"], attention.in_proj_weight[8 * i : 8 * i + 8].detach())
        assert np.array_equal(state[f"{part}_proj.bias"], attention.in_proj_bias[8 * i : 8 * i + 8].detach())
    unlike = nn.MultiheadAttention(8, 2, kdim=4, vdim=6)
    assert [p.shapes["weight"] for p in layout_of(headers_of(unlike.state_dict())).parts.values()][:2] == [
        (8, 8), (8, 4),
    ]  # fmt: skip


def test_recurrent_layers_are_matrices() -> None:
    found = layout_of(headers_of(nn.LSTM(3, 5, bidirectional=True).state_dict())).parts
    assert list(found) == ["ih_l0", "hh_l0", "ih_l0_reverse", "hh_l0_reverse"]
    assert found["hh_l0"].shapes == {"weight": (20, 5), "bias": (20,)}


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    "make", [lambda: nn.Linear(6, 4), lambda: nn.Conv2d(3, 4, 3), lambda: nn.ConvTranspose2d(3, 4, 3)]
)
@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_parametrisations_give_effective_weights(name: str, make: Any, old: bool, tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = nn.Sequential(make())
    getattr(nn.utils if old else parametrizations, name)(network[0])
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1.5)
    network.eval()
    shape = (2, 6) if isinstance(network[0], nn.Linear) else (2, 3, 5, 5)
    network(torch.ones(shape))  # the old ones compute the weight before the forward pass
    wanted = effective_state(network)["0.weight"] if not old else network[0].weight.detach()
    state = state_of(saved(network.state_dict(), tmp_path / "a.pt"))
    assert sorted(state) == ["0.bias", "0.weight"]
    assert np.allclose(state["0.weight"], wanted.numpy(), rtol=1e-5, atol=1e-7)


def test_another_parametrisation_is_named() -> None:
    network = nn.Sequential(parametrizations.orthogonal(nn.Linear(4, 4)), nn.Linear(4, 2))
    layout = layout_of(headers_of(network.state_dict()))
    assert list(layout.parts) == ["1"]
    assert "only the model's code" in layout.skipped["0.weight"]


def test_tied_weights_are_measured_once(tmp_path: Path) -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.head = nn.Embedding(7, 3), nn.Linear(3, 7, bias=False)
            self.head.weight = self.embed.weight

    layout = layout_of(open_checkpoint(saved(Tied().state_dict(), tmp_path / "a.pt"))[0])
    assert {name: part.tied for name, part in layout.parts.items()} == {"embed": "", "head": "embed"}


def test_what_cannot_be_recorded_is_named_and_buffers_are_not(tmp_path: Path) -> None:
    tensors = {
        "good.weight": torch.ones(3, 2, dtype=torch.bfloat16),
        "half.weight": torch.ones(3, 2, dtype=torch.float16),
        "double.weight": torch.ones(3, 2, dtype=torch.float64),
        "complex.weight": torch.ones(3, 2, dtype=torch.complex64),
        "integer.weight": torch.ones(3, 2, dtype=torch.int8),
        "sparse.weight": torch.ones(3, 2).to_sparse(),
        "cls_token": torch.ones(1, 1, 4),
        "empty.weight": torch.ones(0, 2),
        "lonely.bias": torch.ones(3),
        "bn.num_batches_tracked": torch.tensor(3),
        "embeddings.position_ids": torch.arange(4),
        "attn.causal_mask": torch.ones(4, 4),
        "h.0.attn.bias": torch.ones(1, 1, 4, 4),
    }
    found = open_checkpoint(saved(tensors, tmp_path / "a.pt"))[0]
    layout = layout_of(found)
    assert list(layout.parts) == ["good", "half", "double"]
    assert set(layout.skipped) == {
        "complex", "integer", "sparse", "cls_token", "empty", "lonely.bias",
    }  # fmt: skip
    assert "complex64" in layout.skipped["complex"] and "int8" in layout.skipped["integer"]
    state = LazyState(checkpoint(tmp_path / "a.pt"), layout.parts)
    assert all(np.array_equal(value, np.ones((3, 2), np.float32)) for value in state.values())


def test_quantised_weights_are_named(tmp_path: Path) -> None:
    layer = torch.ao.nn.quantized.Linear(2, 3)
    tensors = {"q.weight": layer.weight(), "good.weight": WEIGHT}
    try:
        headers = open_checkpoint(saved(tensors, tmp_path / "a.pt"))[0]
    except WeightreelError as error:  # the unpickler of some versions refuses them
        pytest.skip(str(error))
    assert "quantised" in layout_of(headers).skipped["q"]


def test_layers_of_other_shapes_are_left_out_and_strange_files_too(tmp_path: Path) -> None:
    def network(**changes: tuple[int, ...]) -> dict[str, Tensor]:
        shapes = {"a": (3, 2), "b": (4, 3), "c": (5, 4)} | changes
        return {f"{name}.weight": torch.ones(shape) for name, shape in shapes.items()}

    files = [network(), network(c=(6, 4)), network(), {"z.weight": WEIGHT}, network(d=(2, 2))]
    agreed = agree([saved(tensors, tmp_path / f"{i}.pt") for i, tensors in enumerate(files)])
    assert agreed.kept == (True, True, True, False, True)
    assert list(agreed.parts) == ["a", "b"]
    assert "(6, 4) in 1.pt and (5, 4) in others" in agreed.skipped["c"]
    assert agreed.skipped["3.pt"] == "3 of 3 layers differ"
    assert "only some checkpoints have it" in agreed.skipped["d"]


def test_no_layer_is_told(tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match=r"holds no layer that is known \(x: "):
        agree([saved({"x": torch.ones(2)}, tmp_path / "a.pt")])
    with pytest.raises(WeightreelError, match="holds no tensors by name"):
        agree([saved({"epoch": 3}, tmp_path / "b.pt")])

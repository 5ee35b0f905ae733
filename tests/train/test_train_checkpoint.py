import errno
import io

import pytest
import torch

from reverse_oldify.errors import ModelError, OutputError
from reverse_oldify.files import drafts
from reverse_oldify.train.checkpoint import load_checkpoint, load_mean, save_checkpoint, slim

pytestmark = pytest.mark.train

CONTENT = {"weights": {"w": torch.arange(3.0)}, "recipe": {"sizes": ((0.0, 64),)}, "step": 7}


def test_what_was_saved_is_loaded(tmp_path):
    save_checkpoint(tmp_path / "a.pt", CONTENT)
    back = load_checkpoint(tmp_path / "a.pt")
    assert back["step"] == 7 and back["recipe"] == CONTENT["recipe"]
    assert torch.equal(back["weights"]["w"], CONTENT["weights"]["w"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_a_save_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    save_checkpoint(tmp_path / "a.pt", CONTENT)

    class Full(io.BytesIO):
        def write(self, data):
            if self.tell() > 1000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    monkeypatch.setattr(drafts, "_create", lambda path: path.touch() or Full())
    with pytest.raises(OutputError, match=r"a\.pt: cannot be written \(no space .*; free some"):
        save_checkpoint(tmp_path / "a.pt", CONTENT | {"step": torch.zeros(1000)})
    assert load_checkpoint(tmp_path / "a.pt")["step"] == 7
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "not a readable checkpoint (no such file or directory)"),
        (b"", "not a readable checkpoint (damaged, or of another kind)"),
        (b"[run]", "not a readable checkpoint (damaged, or of another kind)"),
        ({"weights": {}}, "not a checkpoint of this project"),
        ([1, 2], "not a checkpoint of this project"),
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path, content, complaint):
    path = tmp_path / "a.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(ModelError) as caught:
        load_checkpoint(path)
    assert str(caught.value) == f"{path}: {complaint}; give the best.pt or checkpoint.pt of a run"


def test_nothing_in_a_checkpoint_is_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    torch.save({"weights": Trap(), "recipe": {}}, tmp_path / "a.pt")
    with pytest.raises(ModelError):
        load_checkpoint(tmp_path / "a.pt")
    assert not (tmp_path / "sprung").exists()


def test_a_slim_checkpoint_starts_another_run(tmp_path):
    average = {"w": torch.tensor([1 / 3, 2.0]), "count": torch.tensor(5)}
    content = CONTENT | {"average": average, "optimizer": {"state": torch.zeros(1000)}}
    save_checkpoint(tmp_path / "slim.pt", slim(content))
    back = load_checkpoint(tmp_path / "slim.pt")
    assert set(back) == {"weights", "recipe", "step"}
    assert back["weights"]["w"].dtype == torch.half
    torch.testing.assert_close(back["weights"]["w"].float(), average["w"], rtol=1e-3, atol=0)
    assert back["weights"]["count"] == 5


def test_several_are_read_as_the_mean_of_their_weights(tmp_path):
    save_checkpoint(tmp_path / "a.pt", CONTENT | {"scores": {"score": 0.5}})
    average = {"w": torch.tensor([3.0, 3, 3], dtype=torch.float16)}
    save_checkpoint(tmp_path / "b.pt", CONTENT | {"average": average, "step": 9})
    mean = load_mean([tmp_path / "a.pt", tmp_path / "b.pt"])
    assert torch.equal(mean["weights"]["w"], torch.tensor([1.5, 2.0, 2.5]))
    assert mean["step"] == 7 and not {"scores", "average"} & set(mean)
    assert load_mean([tmp_path / "a.pt"])["scores"] == {"score": 0.5}


def test_of_other_networks_there_is_no_mean(tmp_path):
    save_checkpoint(tmp_path / "a.pt", CONTENT)
    save_checkpoint(tmp_path / "b.pt", CONTENT | {"weights": {"w": torch.zeros(4)}})
    with pytest.raises(ModelError, match=r"b\.pt: not of the same network as .*a\.pt"):
        load_mean([tmp_path / "a.pt", tmp_path / "b.pt"])

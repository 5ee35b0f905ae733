import pytest

from reverse_oldify.errors import ModelError
from reverse_oldify.runtime.catalogue import DEFAULT_MODEL, MODELS, find_model
from reverse_oldify.runtime.info import DECODE_FILE


def test_no_name_means_the_default():
    assert find_model() == find_model(DEFAULT_MODEL)
    assert DEFAULT_MODEL in MODELS


def test_a_folder_of_a_model_is_taken_as_it_is(tmp_path):
    (tmp_path / DECODE_FILE).touch()
    assert find_model(tmp_path) == find_model(str(tmp_path)) == tmp_path


def test_an_unknown_name_lists_the_known(tmp_path):
    with pytest.raises(ModelError, match=f"no model 'lit'.*{DEFAULT_MODEL}"):
        find_model("lit")
    with pytest.raises(ModelError, match="reverse-oldify export"):
        find_model(tmp_path)

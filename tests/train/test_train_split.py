import pytest
from tiny_run import write_cache

from reverse_oldify.data.cache import PictureCache
from reverse_oldify.errors import DataError
from reverse_oldify.train.recipe import DataSection
from reverse_oldify.train.split import one_pass, pictures_of

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return PictureCache(write_cache(tmp_path_factory.mktemp("split") / "cache", count=16))


def section(**settings):
    return DataSection(cache="", **settings)


def test_by_default_the_split_is_the_sets(cache):
    assert pictures_of(cache, "val", section()) == [0, 4, 8, 12]
    assert pictures_of(cache, "train", section(kinds=("lakes",))) == list(range(1, 16, 2))


@pytest.mark.parametrize("fraction", [0.15, 0.5])
def test_a_fraction_redraws_it_by_content(cache, fraction):
    """The ids of the made set are evenly spaced, so the share is exact."""
    val = pictures_of(cache, "val", section(val_fraction=fraction))
    train = pictures_of(cache, "train", section(val_fraction=fraction))
    assert len(val) == -(-16 * fraction // 1)
    assert sorted(val + train) == list(range(16))


def test_a_larger_fraction_includes_a_smaller_one(cache):
    small, large = (
        set(pictures_of(cache, "val", section(val_fraction=fraction))) for fraction in (0.2, 0.6)
    )
    assert small < large


def test_kinds_limit_a_redrawn_split_too(cache):
    lakes = section(kinds=("lakes",), val_fraction=0.5)
    both = pictures_of(cache, "val", lakes) + pictures_of(cache, "train", lakes)
    assert sorted(both) == list(range(1, 16, 2))


def test_nothing_left_is_an_error_that_says_of_what(cache):
    with pytest.raises(DataError, match=r"no val pictures of lakes; change val_fraction"):
        pictures_of(cache, "val", section(kinds=("lakes",)))
    with pytest.raises(DataError, match="no train pictures of deserts"):
        pictures_of(cache, "train", section(kinds=("deserts",), val_fraction=0.5))


def test_a_pass_shows_what_is_doubled_twice_and_the_rest_once(cache):
    numbers = pictures_of(cache, "train", section())
    shown = one_pass(cache, numbers, section(doubled=("lakes",)))
    lakes = {number for number in numbers if cache.entries[number].kind == "lakes"}
    assert lakes and lakes < set(numbers)
    assert all(shown.count(number) == 1 + (number in lakes) for number in numbers)
    assert one_pass(cache, numbers, section()) == numbers


def test_a_kind_that_is_not_there_cannot_be_doubled(cache):
    with pytest.raises(DataError, match="no train pictures of deserts to double"):
        one_pass(cache, [1, 2], section(doubled=("deserts", "lakes")))

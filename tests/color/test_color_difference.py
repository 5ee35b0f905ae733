import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.color import deltaE_ciede2000

from reverse_oldify.color.difference import ciede2000, evened, unevened

# Table 1 of Sharma, Wu, Dalal (2005): L1 a1 b1, L2 a2 b2, difference.
PUBLISHED = np.array(
    [
        [50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425],
        [50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615],
        [50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412],
        [50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669],
        [50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461],
        [50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065],
        [50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492],
        [50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977],
        [50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030],
        [50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)
colours = hnp.arrays(np.float64, (7, 5, 3), elements=st.floats(-100, 100))


def test_published_pairs_in_both_directions():
    first, second, expected = PUBLISHED[:, :3], PUBLISHED[:, 3:6], PUBLISHED[:, 6]
    assert len(expected) == 34
    assert ciede2000(first, second) == pytest.approx(expected, abs=5e-5)
    assert ciede2000(second, first) == pytest.approx(expected, abs=5e-5)


@given(colours, colours)
def test_agrees_with_skimage(lab, other):
    lab[..., 0], other[..., 0] = np.abs(lab[..., 0]), np.abs(other[..., 0])
    # The formula jumps where hues are opposite (section 3 of the paper): rounding decides there.
    turn = np.arctan2(lab[..., 2], lab[..., 1]) - np.arctan2(other[..., 2], other[..., 1])
    settled = np.abs(np.abs(turn) - np.pi) > 1e-6
    expected = deltaE_ciede2000(lab, other)
    assert ciede2000(lab, other)[settled] == pytest.approx(expected[settled], abs=1e-3)


def test_more_than_a_strip_and_one_colour_against_many():
    lab = np.random.default_rng(0).random((300, 200, 3)) * [100, 80, 80]
    grey = np.array([50.0, 0, 0])
    expected = deltaE_ciede2000(lab, np.broadcast_to(grey, lab.shape))
    assert ciede2000(lab, grey) == pytest.approx(expected, abs=1e-4)
    assert not ciede2000(lab, lab).any()


def test_distances_in_the_even_plane_are_about_ciede2000() -> None:
    rng = np.random.default_rng(5)
    ab = rng.uniform(-70, 70, (2, 4000)).astype(np.float32)
    other = ab + rng.normal(0, 12, ab.shape).astype(np.float32)
    labs = [np.insert(each.T, 0, 50, axis=1) for each in (ab, other)]
    looked = ciede2000(*labs)
    even = np.hypot(*(evened(ab) - evened(other)))
    plain = np.hypot(*(ab - other))
    assert np.corrcoef(even, looked)[0, 1] > 0.9
    assert np.corrcoef(plain, looked)[0, 1] < 0.8
    assert 0.85 < np.median(even / looked) < 1.15


def test_the_even_plane_keeps_hue_and_leads_back() -> None:
    ab = np.array([[0, 1e-9, 3, -40, 0, 90], [0, 0, 4, 30, -110, 90]], np.float32)
    places = evened(ab)
    np.testing.assert_allclose(unevened(places), ab, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(places[0] * ab[1], places[1] * ab[0], atol=1e-3)
    assert (np.hypot(*places) <= np.hypot(*ab)).all()

"""The benchmark's rows of images, records and scores with Pillow, SciPy and scikit-learn, on the same files, numbers and names.

Reads requests from stdin, one JSON object a line, and answers on file descriptor 3, as bench/worker.ts. In the request's folder
lie `files.txt` (paths), `labels.txt` and `patients.txt` (a name for each record), `given` and `result` (numbers).
"""
import io, itertools, json, os, pathlib, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
import numpy as np

answers = os.fdopen(3, "w")


def read(folder, name):
    values = np.fromfile(folder / f"{name}.bin", dtype="<f4")
    return {
        e["name"]: values[e["offset"] : e["offset"] + int(np.prod(e["shape"]))].reshape(e["shape"])
        for e in json.loads((folder / f"{name}.json").read_text())
    }


def lines(path):
    return np.array(path.read_text().split("\n"))


def pixels(file):
    from PIL import Image

    return np.asarray(Image.open(file).convert("RGB"))


def decode(spec, folder, threads):
    """Every file's bytes, in memory, to pixels; Pillow lets other threads run meanwhile."""
    files = [pathlib.Path(path).read_bytes() for path in lines(folder / "files.txt")]
    pool = ThreadPoolExecutor(threads)
    run = lambda: list(pool.map(lambda data: pixels(io.BytesIO(data)), files))
    return run, lambda: run()[0]


def stream(spec, folder, threads):
    """Files to batches of 16, float32 in [0, 1]; the pool decodes ahead."""
    paths = lines(folder / "files.txt")
    pool = ThreadPoolExecutor(threads)

    def run():
        images = pool.map(pixels, paths)
        while batch := list(itertools.islice(images, 16)):
            yield np.stack(batch).astype(np.float32) / np.float32(255)

    def result():
        sums = [(len(batch), batch.sum(dtype=float) / batch[0].size) for batch in run()]
        return np.sum(sums, 0)

    return lambda: [None for _ in run()], result


def augment(spec, folder, threads):
    """Each channel by itself, as keras-preprocessing does."""
    from scipy.ndimage import affine_transform

    given = read(folder, "given")
    image, m = given["image"][0], given["matrix"].astype(float)

    def run():
        planes = (np.ascontiguousarray(image[:, :, c]) for c in range(3))
        return np.stack([affine_transform(p, m[:, :2], m[:, 2], order=1, mode="reflect") for p in planes], -1)

    return run, lambda: run()[None]


def bicubic(spec, folder, threads):
    from PIL import Image

    image = Image.open(lines(folder / "files.txt")[0]).convert("RGB")
    width, height = image.size
    run = lambda: np.asarray(image.resize((width // 4, height // 4), Image.Resampling.BICUBIC))
    return run, run


def split(splitter, folds=None):
    """The splits' indices, of one fold or of all."""

    def create(spec, folder, threads):
        labels, patients = lines(folder / "labels.txt"), lines(folder / "patients.txt")
        run = lambda: list(itertools.islice(splitter().split(patients, labels, patients), folds))

        def result():
            tested = np.concatenate([test for _, test in run()])
            return np.array([len(labels), len(tested), (labels[tested] == "malignant").sum()])

        return run, result

    return create


def stratified_shuffle():
    from sklearn.model_selection import StratifiedShuffleSplit

    return StratifiedShuffleSplit(1, test_size=0.2, random_state=0)


def stratified_group():
    from sklearn.model_selection import StratifiedGroupKFold

    return StratifiedGroupKFold(5, shuffle=True, random_state=0)


def scores_of(folder):
    given = read(folder, "given")
    return given["labels"].astype(int), given["a"].astype(float), given["b"].astype(float)


def auc(spec, folder, threads):
    from sklearn.metrics import roc_auc_score

    labels, a, _ = scores_of(folder)
    run = lambda: roc_auc_score(labels, a)
    return run, lambda: [run()]


def roc_curve(spec, folder, threads):
    from sklearn.metrics import roc_curve

    labels, a, _ = scores_of(folder)

    def result():
        fpr, tpr, thresholds = roc_curve(labels, a)
        return [len(thresholds), fpr.sum(), tpr.sum()]

    return lambda: roc_curve(labels, a), result


def average_precision(spec, folder, threads):
    from sklearn.metrics import average_precision_score

    labels, a, _ = scores_of(folder)
    run = lambda: average_precision_score(labels, a)
    return run, lambda: [run()]


def placements(positive, scores):
    """Each positive's share of negatives below it and each negative's of positives above it, by midranks (Sun and Xu 2014)."""
    from scipy.stats import rankdata

    ranks, pos, neg = rankdata(scores), scores[positive], scores[~positive]
    return (ranks[positive] - rankdata(pos)) / len(neg), 1 - (ranks[~positive] - rankdata(neg)) / len(pos)


def delong(spec, folder, threads):
    labels, a, _ = scores_of(folder)
    positive = labels == 1

    def run():
        above, below = placements(positive, a)
        return [above.mean(), 1e6 * (above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))]

    return run, run


def delong_test(spec, folder, threads):
    labels, a, b = scores_of(folder)
    positive = labels == 1

    def run():
        (above_a, below_a), (above_b, below_b) = placements(positive, a), placements(positive, b)
        above, below = above_a - above_b, below_a - below_b
        return [above.mean() / np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))]

    return run, run


kinds = {
    "decode-png": decode,
    "decode-jpeg": decode,
    "stream": stream,
    "augment": augment,
    "bicubic": bicubic,
    "split-image": split(stratified_shuffle),
    "split-patient": split(stratified_group, 1),
    "k-fold": split(stratified_group),
    "auc": auc,
    "roc-curve": roc_curve,
    "average-precision": average_precision,
    "delong": delong,
    "delong-test": delong_test,
}
run = None


def setup(request):
    global run
    folder = pathlib.Path(request["folder"])
    kind = request["spec"]["kind"]
    run, result = kinds[kind](request["spec"], folder, request["threads"])
    expected = read(folder, "result")["result"].astype(float)
    actual = np.asarray(result(), dtype=float)
    if actual.shape != expected.shape:
        raise ValueError(f"the result is {actual.shape}, ours {expected.shape}")
    if kind == "bicubic":  # Pillow does not mirror the image at its borders
        actual, expected = actual[4:-4, 4:-4], expected[4:-4, 4:-4]
    return {"difference": float(np.abs(actual - expected).max() / np.abs(expected).max())}


def repeat(request):
    before, start = time.process_time(), time.perf_counter()
    for _ in range(request["times"]):
        run()
    ms = (time.perf_counter() - start) * 1e3 / request["times"]
    cpu = (time.process_time() - before) * 1e3 / request["times"]
    return {"ms": ms, "cpuMs": cpu, "peakMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}


for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = {"setup": setup, "run": repeat}[request["ask"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()

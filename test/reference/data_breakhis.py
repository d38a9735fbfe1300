"""BreaKHis' slides from the five official lists: images at 40x, 100x, 200x, 400x, and the side in each fold.

T = test, - = train. Fails where a list puts images of one slide on both sides, or leaves an image out. Run with Debian's
python3, the BreaKHis lists beside the project:
    python3 test/reference/data_breakhis.py > test/reference/data_breakhis.json
"""
import json
import re
from collections import defaultdict
from pathlib import Path

lists = Path(__file__).parents[3] / 'shared/data/breakhis-folds'
magnifications = ['40', '100', '200', '400']
names = defaultdict(set)
sides = defaultdict(lambda: defaultdict(set))
for fold in range(1, 6):
    for line in (lists / f'dsfold{fold}.txt').read_text().split():
        name, magnification, number, side = line.split('|')
        kind, patient, named = re.match(r'(SOB_[BM]_[A-Z]+)-(\d+-\w+)-(\d+)-\d+\.png$', name).groups()
        assert (number, named) == (str(fold), magnification)
        slide = f'{kind}_{patient}'
        names[slide].add(name)
        sides[slide][fold].add((name, side))
slides = {}
for slide in sorted(names):
    letters = ''
    for fold in range(1, 6):
        assert {name for name, _ in sides[slide][fold]} == names[slide]
        (side,) = {side for _, side in sides[slide][fold]}
        letters += 'T' if side == 'test' else '-'
    images = [sum(f'-{m}-' in name[-12:] for name in names[slide]) for m in magnifications]
    assert sum(images) == len(names[slide])
    slides[slide] = dict(images=images, sides=letters)
head = json.dumps(dict(
    source='dsfold1.txt .. dsfold5.txt of BreaKHis (Spanhol et al. 2016)',
    testImages=[sum(sum(s['images']) for s in slides.values() if s['sides'][f] == 'T') for f in range(5)]))
lines = ',\n'.join(f'{json.dumps(name)}: {json.dumps(slide)}' for name, slide in slides.items())
print(head[:-1] + ', "slides": {\n' + lines + '\n}}')

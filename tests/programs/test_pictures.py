#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pictures, values that no program changes unseen, advice that fits the data, and files of other programs.

usage: test_pictures.py PROGRAM...
"""
import gzip
import io
import json
import pickle
import sqlite3
import struct
import zipfile
import zlib

import numpy as np
from app_testing import AppTest, main

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6


def png(rows, kind=GREY, depth=8, palette=None, transparency=None):
    """rows: the bytes of each line as PNG stores them."""
    def chunk(name, body):
        return struct.pack('>I', len(body)) + name + body + struct.pack('>I', zlib.crc32(name + body))
    planes = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}[kind]
    width = len(rows[0]) * 8 // depth // planes
    body = chunk(b'IHDR', struct.pack('>IIBBBBB', width, len(rows), depth, kind, 0, 0, 0))
    if palette is not None:
        body += chunk(b'PLTE', bytes(np.asarray(palette, np.uint8).ravel()))
    if transparency is not None:
        body += chunk(b'tRNS', bytes(transparency))
    return (b'\x89PNG\r\n\x1a\n' + body + chunk(b'IDAT', zlib.compress(b''.join(b'\0' + bytes(row) for row in rows))) +
            chunk(b'IEND', b''))


def rgb_png(picture):
    """[height, width, 3] bytes, or 4 with alpha."""
    picture = np.asarray(picture, np.uint8)
    return png([row.tobytes() for row in picture], RGB if picture.shape[2] == 3 else RGBA)


def discs(count, size=8, seed=0):
    """Discs of one of three colours in the dark: [count, size, size, 3] bytes."""
    random = np.random.RandomState(seed)
    y, x = np.mgrid[:size, :size]
    pictures = np.zeros((count, size, size, 3), np.uint8)
    for picture in pictures:
        cy, cx = random.uniform(2, size - 3, 2)
        inside = (y - cy) ** 2 + (x - cx) ** 2 < 5
        picture[inside] = [(255, 0, 0), (0, 255, 0), (0, 0, 255)][random.randint(3)]
    return pictures


class Pictures(AppTest):
    def tells(self, program, *words, saying, count=1):
        """Expects exit 0 and this text, so many times, on standard error."""
        done = self.run_program(program, *words)
        text = done.stderr.decode()
        self.assertEqual(done.returncode, 0, text)
        self.assertEqual(text.count(saying), count, text)
        return text

    def write(self, name, content):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def save_discs(self, folder='discs', count=40):
        for i, picture in enumerate(discs(count)):
            self.write(f'{folder}/{i:03}.png', rgb_png(picture))

    def train(self, *words, output='run'):
        return self.run_program('rbm-train', *words, '--output', output, '--epochs', 2, '--hidden', 5, '--no-progress')

    def metadata(self, name):
        raw = self.path(name).read_bytes()
        return json.loads(raw[8:8 + struct.unpack('<Q', raw[:8])[0]])['__metadata__']

    # Nothing is changed in silence.
    def test_spins_that_are_not_one(self):
        self.write('s.csv', '0.5,-0.5\n-0.5,0.5\n0.5,0.5\n-0.5,-0.5\n')
        self.fails(3, 'rbm-train', 's.csv', '--output', 'run', '--visible-units', 'spin', saying=(
            'row 1, column 1: found 0.5, expected -1 or 1', '4 rows of 2 columns: 0.5, -0.5',
            'rbm-data s.csv --divide 0.5 --output scaled.npy'))
        self.ok('rbm-data', 's.csv', '--divide', 0.5, '--output', 'scaled.npy')
        self.ok('rbm-train', 'scaled.npy', '--output', 'run', '--visible-units', 'spin', '--epochs', 1)
        self.fails(3, 'rbm-score', 'run/model.safetensors', 's.csv', saying='--divide 0.5')
        self.write('soft.csv', '0.3,-0.7\n-0.1,1\n')
        self.fails(3, 'rbm-train', 'soft.csv', '--output', 'other', '--visible-units', 'spin',
                   saying=('found 0.3', '--binarize none', '--visible-units gaussian'))
        self.ok('rbm-train', 'soft.csv', '--output', 'soft', '--visible-units', 'spin', '--binarize', 'none', '--epochs', 1)

    def test_a_site_without_a_state(self):
        self.write('o.csv', '1,0,0,0,1,0\n0,0,1,0,0,0\n0,1,0,1,0,0\n')
        potts = '--visible-units', 'potts', '--visible-states', 3, '--epochs', 2
        self.fails(3, 'rbm-train', 'o.csv', '--output', 'run', *potts,
                   saying=('row 2, columns 4 to 6: found only 0', '--missing nan'))
        self.tells('rbm-train', 'o.csv', '--output', 'run', *potts, '--missing', 'nan',
                   saying='1 of 6 sites have no 1 in their 3 columns, and are taken as missing')
        self.fails(3, 'rbm-score', 'run/model.safetensors', 'o.csv', saying='row 2, columns 4 to 6')
        self.tells('rbm-score', 'run/model.safetensors', 'o.csv', '--missing', 'nan', saying='taken as missing')
        self.tells('rbm-reconstruct', 'run/model.safetensors', 'o.csv', '--missing', 'nan', '--output', 'r.npy',
                   saying='taken as missing')
        self.write('two.csv', '1,0,0,0,1,0\n0,1,1,0,0,1\n0,1,0,1,0,0\n')
        self.fails(3, 'rbm-train', 'two.csv', '--output', 'other', *potts, saying='row 2, columns 1 to 3: found 2 ones')
        self.write('codes.csv', '1,0,2,0,1,0\n0,2,1,0,0,1\n')
        self.tells('rbm-train', 'codes.csv', '--output', 'codes', *potts, saying='taken for codes')

    def test_values_that_a_threshold_cuts_are_told_once(self):
        self.write('m.csv', 'a,b\n0.1,0.2\n0.3,0.4\n0.45,0.05\n')
        self.write('v.csv', 'a,b\n0.1,0.7\n')
        said = 'm.csv: 6 of 6 values lie between 0 and 1; cut at 0.5, 0 became 1 and 6 became 0 ('
        text = self.tells('rbm-train', 'm.csv', '--output', 'run', '--epochs', 1, saying=said)
        self.assertIn('--binarize sample', text)
        self.assertIn('--visible-units gaussian', text)
        both = self.tells('rbm-train', 'm.csv', '--validation', 'v.csv', '--output', 'both', '--epochs', 1,
                          saying='lie between 0 and 1')
        self.assertIn('m.csv: 6 of 6', both)
        for words in ('--binarize', 'threshold'), ('--binarize', 'sample'), ('--threshold', 0.2), ('--binarize', 'none'):
            self.tells('rbm-train', 'm.csv', '--output', 'run', '--force', '--epochs', 1, *words,
                       saying='lie between', count=0)
        for program in 'rbm-score', 'rbm-estimate':
            self.tells(program, 'both/model.safetensors', 'm.csv', saying='6 became 0, as the model records')
        told = json.loads(self.ok('rbm-data', 'm.csv', '--describe', '--json'))
        self.assertEqual(told['suggested_units'], 'gaussian')  # scaled numbers are no greys
        self.write('bits.csv', '1,0\n0,1\n')
        self.tells('rbm-train', 'bits.csv', '--output', 'bits', '--epochs', 1, saying='lie between', count=0)

    # Advice that fits.
    def test_advice_fits_the_values(self):
        cases = {
            'i.csv': ('-1,1\n1,-1\n', ['all values are -1 or 1', 'take --visible-units spin']),
            'codes.csv': ('0,3\n2,1\n', ['codes of categories', '--visible-units potts --visible-states 4']),
            'bytes.csv': ('0,255\n17,3\n', ['bytes', 'rbm-data bytes.csv --divide 255']),
            'real.csv': ('0.5,-3.25\n17.5,3\n', ['real numbers', '--visible-units gaussian']),
            'halves.csv': ('0.5,-0.5\n-0.5,0.5\n', ['--divide 0.5', '--visible-units spin']),
        }
        for name, (text, words) in cases.items():
            self.write(name, text)
            self.fails(3, 'rbm-train', name, '--output', 'run', saying=words)
        # Each of these can be typed.
        self.ok('rbm-train', 'i.csv', '--output', 'i', '--epochs', 1, '--visible-units', 'spin')
        self.ok('rbm-train', 'codes.csv', '--output', 'codes', '--epochs', 1, '--visible-units', 'potts',
                '--visible-states', 4)
        self.ok('rbm-data', 'bytes.csv', '--divide', 255, '--output', 'scaled.npy')
        self.ok('rbm-train', 'scaled.npy', '--output', 'bytes', '--epochs', 1)
        self.ok('rbm-train', 'real.csv', '--output', 'real', '--epochs', 1, '--visible-units', 'gaussian')

    def test_no_program_recommends_options_of_others(self):
        self.write('bits.csv', '1,0\n0,1\n')
        self.ok('rbm-train', 'bits.csv', '--output', 'run', '--epochs', 1)
        self.write('bytes.csv', '0,255\n17,3\n')
        self.write('spins.csv', '-1,1\n1,-1\n')
        for program, *more in ['rbm-score'], ['rbm-estimate'], ['rbm-reconstruct', '--output', 'r.npy']:
            for name in 'bytes.csv', 'spins.csv':
                text = self.fails(3, program, 'run/model.safetensors', name, *more, saying='found')
                self.assertNotIn('--visible-units', text)
        self.fails(3, 'rbm-score', 'run/model.safetensors', 'bytes.csv', saying='rbm-data bytes.csv --divide 255')
        text = self.fails(3, 'rbm-data', 'bytes.csv', '--binarize', 'threshold', '--output', 'o.npy',
                          saying='add --divide 255')
        self.assertNotIn('--visible-units', text)
        self.save_array('gap.npy', np.array([[0, np.nan]]))
        self.assertNotIn('--missing', self.fails(3, 'rbm-estimate', 'run/model.safetensors', 'gap.npy', saying='found nan'))
        self.fails(3, 'rbm-score', 'run/model.safetensors', 'gap.npy', saying='--missing nan')

    # PNG.
    def test_sixteen_bits_are_kept(self):
        values = np.array([[0, 1, 4097], [30000, 65534, 65535]], '>u2')
        self.write('deep.png', png([row.tobytes() for row in values], depth=16))
        self.ok('rbm-data', 'deep.png', '--output', 'd.npy')
        np.testing.assert_array_equal(self.array('d.npy')[0], (values / 65535).astype(np.float32))
        self.write('flat.png', png([row.tobytes() for row in (values % 4096).astype('>u2')], depth=16))
        text = self.tells('rbm-data', 'flat.png', '--output', 'f.npy', saying='12 bits?')
        divisor = float(text.split('--divide ')[1].split()[0])
        self.ok('rbm-data', 'flat.png', '--divide', divisor, '--output', 's.npy')
        np.testing.assert_allclose(self.array('s.npy')[0], values % 4096 / 4095, atol=1e-5)
        self.assertLessEqual(self.array('s.npy').max(), 1)
        self.tells('rbm-data', 'deep.png', '--output', '-', saying='bits?', count=0)

    def test_every_kind_of_png(self):
        half = 128 / 255
        kinds = {
            'one': (png([[0b10100000]], depth=1), [1, 0, 1, 0, 0, 0, 0, 0]),
            'two': (png([[0b00011011]], depth=2), [0, 1 / 3, 2 / 3, 1]),
            'four': (png([[0x0f, 0x33]], depth=4), [0, 1, .2, .2]),
            'palette': (png([[1, 0]], PALETTE, palette=[(0, 0, 0), (255, 255, 255)]), [1, 0]),
            'clear': (png([[1, 0]], PALETTE, palette=[(255, 255, 255)] * 2, transparency=[0, 255]), [1, 0]),
            'alpha': (png([[255, 128, 255, 255]], GREY_ALPHA), [half, 1]),
        }
        for name, (content, expected) in kinds.items():
            self.write(name + '.png', content)
            self.ok('rbm-data', name + '.png', '--output', 'o.npy', '--force')
            np.testing.assert_allclose(self.array('o.npy').ravel(), expected, atol=1e-6, err_msg=name)

    def test_colours_are_told_and_kept(self):
        self.save_discs()
        self.tells('rbm-data', 'discs', '--output', 'grey.npy', saying='40 of 40 pictures have colours, and are read as grey; '
                   '--channels rgb keeps')
        self.assertEqual(self.array('grey.npy').shape, (40, 8, 8))
        self.tells('rbm-data', 'discs', '--channels', 'rgb', '--output', 'rgb.npy', saying='read as grey', count=0)
        np.testing.assert_array_equal(self.array('rgb.npy'), (discs(40) / 255).astype(np.float32))
        facts = json.loads(self.ok('rbm-data', 'discs', '--channels', 'rgb', '--json', '--output', 'rgb.npy', '--force'))
        self.assertEqual((facts['image_height'], facts['image_width'], facts['image_channels']), (8, 8, 'rgb'))
        # The same pictures in the two ways that programs keep them.
        self.save_array('first.npy', discs(40).transpose(0, 3, 1, 2) / np.float32(255))
        for name in 'rgb.npy', 'first.npy':
            self.ok('rbm-data', name, '--output', 'same.npy', '--force')
            np.testing.assert_array_equal(self.array('same.npy'), self.array('rgb.npy'))

    def test_a_model_remembers_colours(self):
        self.save_discs()
        self.assertEqual(self.train('discs', '--channels', 'rgb').returncode, 0)
        self.assertEqual(self.metadata('run/model.safetensors')['image.channels'], 'rgb')
        model = 'run/model.safetensors'
        own = self.ok('rbm-score', model, 'discs')
        self.assertEqual(self.ok('rbm-score', model, 'discs', '--channels', 'rgb'), own)
        self.fails(2, 'rbm-score', model, 'discs', '--channels', 'grey', saying='the model records "rgb"')
        self.ok('rbm-data', 'discs', '--channels', 'rgb', '--output', 'rgb.npy')
        self.assertEqual(self.ok('rbm-score', model, 'rgb.npy'), own)
        self.assertEqual(json.loads(self.ok('rbm-inspect', model, '--json'))['image_channels'], 'rgb')
        # Another run goes on without being told again.
        done = self.run_program('rbm-train', '--resume', '--output', 'run', '--epochs', 3)
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in 'filters.png', 'reconstructions.png', 'fantasies.png':
            self.assertEqual(self.path('run/' + name).read_bytes()[25], RGB, name)
        self.ok('rbm-dream', model, '--steps', 5, '--chains', 4, '--output', 'd.png')
        self.assertEqual(self.path('d.png').read_bytes()[25], RGB)
        self.ok('rbm-dream', model, '--steps', 6, '--every', 2, '--chains', 4, '--output', 'd.gif')
        self.assertEqual(self.gif_frames('d.gif')[0], 3)
        self.ok('rbm-reconstruct', model, 'discs', '--output', 'r.png')
        self.assertEqual(self.path('r.png').read_bytes()[25], RGB)
        self.ok('rbm-data', 'rgb.npy', '--output', 'sheet.png')
        self.assertEqual(self.path('sheet.png').read_bytes()[25], RGB)
        # A mask of pixels hides all their colours.
        mask = np.full((8, 8), 255, np.uint8)
        mask[:, 4:] = 0
        self.save_png('mask.png', mask)
        self.ok('rbm-reconstruct', model, 'rgb.npy', '--mask', 'mask.png', '--states', '--output', 'f.npy')
        filled = self.array('f.npy').reshape(40, 8, 8, 3)
        np.testing.assert_array_equal(filled[:, :, :4], self.array('rgb.npy')[:, :, :4] > .5)
        self.assertTrue(np.any(filled[:, :, 4:] != (self.array('rgb.npy')[:, :, 4:] > .5)))
        grey = self.train('discs', output='grey')
        self.assertIn(b'have colours', grey.stderr)
        self.assertNotIn('image.channels', self.metadata('grey/model.safetensors'))
        self.tells('rbm-score', 'grey/model.safetensors', 'discs', saying='read as grey, as the model records')

    def test_pictures_drawn_in_alpha(self):
        picture = np.zeros((2, 4, 4, 4), np.uint8)
        picture[0, :2, :, 3] = 255
        picture[1, :, 2:, 3] = 200
        for i, one in enumerate(picture):
            self.write(f'icons/{i}.png', rgb_png(one))
        self.tells('rbm-data', 'icons', '--output', 'black.npy', saying='drawn by alpha alone')
        self.assertEqual(self.array('black.npy').max(), 0)
        self.tells('rbm-data', 'icons', '--channels', 'alpha', '--output', 'a.npy', saying='alpha alone', count=0)
        np.testing.assert_array_equal(self.array('a.npy'), (picture[..., 3] / 255).astype(np.float32))
        self.assertEqual(self.train('icons', '--channels', 'alpha').returncode, 0)
        self.assertEqual(self.metadata('run/model.safetensors')['image.channels'], 'alpha')
        self.ok('rbm-score', 'run/model.safetensors', 'icons')
        picture[..., 0] = 255  # red ones
        picture[..., 1] = np.arange(4) * 60
        self.write('red/0.png', rgb_png(picture[0]))
        self.tells('rbm-data', 'red', '--output', 'red.npy', saying='1 of 1 pictures have transparent parts')
        self.write('opaque/0.png', rgb_png(discs(1)[0]))
        self.fails(3, 'rbm-data', 'opaque', '--channels', 'alpha', '--output', 'o.npy', saying='no alpha channel')

    # Arrays that come back.
    def test_dreams_go_in_again(self):
        self.save_model('m.safetensors', weights=np.random.RandomState(1).randn(6, 4))
        self.ok('rbm-dream', 'm.safetensors', '--steps', 4, '--every', 2, '--chains', 5, '--output', 'd.npy')
        dreams = self.array('d.npy')
        self.assertEqual(dreams.shape, (2, 5, 6))
        self.save_array('flat.npy', dreams.reshape(10, 6))
        expected = self.ok('rbm-score', 'm.safetensors', 'flat.npy')
        self.assertEqual(self.ok('rbm-score', 'm.safetensors', 'd.npy'), expected)
        self.tells('rbm-score', 'm.safetensors', 'd.npy', saying='an array of 2 x 5 x 6, read as 10 rows of 6')
        self.tells('rbm-score', 'm.safetensors', 'd.npy', saying='pictures', count=0)
        for program, *words in (['rbm-estimate', 'd.npy'], ['rbm-check', 'd.npy'],
                                ['rbm-reconstruct', 'd.npy', '--output', 'r.npy'],
                                ['rbm-dream', '--start', 'd.npy', '--chains', 10, '--steps', 1, '--output', 's.npy'],
                                ['rbm-score', 'flat.npy', '--against', 'd.npy']):
            self.tells(program, 'm.safetensors', *words, saying='read as 10 rows of 6')
        self.assertEqual(self.array('r.npy').shape, (10, 6))
        self.tells('rbm-train', 'flat.npy', '--validation', 'd.npy', '--output', 'run', '--epochs', 1,
                   saying='read as 10 rows of 6')
        self.save_array('pictures.npy', dreams.reshape(10, 2, 3))
        self.assertEqual(self.ok('rbm-score', 'm.safetensors', 'pictures.npy'), expected)
        self.save_array('one.npy', dreams[:1])
        self.tells('rbm-data', 'one.npy', '--output', '-', saying='array.reshape(-1, 6)')

    # Files of other programs.
    def refused(self, name, content, *saying):
        self.write(name, content)
        self.fails(3, 'rbm-data', name, '--output', 'o.npy', saying=(f'{name}: this is ', *saying))

    def test_files_of_other_programs(self):
        for protocol in range(6):
            self.refused('p.pkl', pickle.dumps(np.eye(2), protocol), 'a pickle', "open('p.pkl', 'rb')")
            self.refused('l.pkl', pickle.dumps([[0.5, 1.0], [1.0, 0.0]], protocol), 'a pickle')
            self.refused('d.pkl', pickle.dumps({'x': np.eye(2)}, protocol), 'a pickle')
        with sqlite3.connect(self.path('made.db')) as database:
            database.execute('create table t (x)')
        database.close()
        self.refused('t.db', self.path('made.db').read_bytes(), 'SQLite')
        self.refused('t.parquet', b'PAR1\x15\x04\x15\0', "pandas.read_parquet('t.parquet')")
        self.refused('t.RData', gzip.compress(b'RDX3\nX\n\0\0\0\3'), 'a file of R', 'write.csv')
        self.refused('t.rds', gzip.compress(b'X\n\0\0\0\3\0\4'), 'a file of R')
        self.refused('t.csv', b'<!DOCTYPE html><html><body>404</body></html>', 'a web page')
        book = io.BytesIO()
        with zipfile.ZipFile(book, 'w') as archive:
            archive.writestr('[Content_Types].xml', '<Types/>')
            archive.writestr('xl/workbook.xml', '<workbook/>')
        self.refused('t.xlsx', book.getvalue(), "pandas.read_excel('t.xlsx')")
        self.save_model('m.safetensors', weights=np.zeros((3, 2)))
        self.refused('model', self.path('m.safetensors').read_bytes(), 'a model')

    def test_pictures_of_other_kinds(self):
        try:
            from PIL import Image
        except ImportError:
            self.skipTest('needs python3-pil')
        picture = Image.fromarray(discs(1)[0])
        for kind in 'BMP', 'TIFF', 'JPEG', 'GIF':
            content = io.BytesIO()
            picture.save(content, kind)
            self.refused('p', content.getvalue(), f'a {kind} picture', "Image.open('p').save('p.png')")
        for mode in 'RGB', 'L', 'P', 'LA', 'RGBA', '1', 'I;16':
            self.path('p.png').unlink(missing_ok=True)
            (Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8) * 999) if mode == 'I;16' else
             picture.convert(mode)).save(self.path('p.png'))
            self.ok('rbm-data', 'p.png', '--output', 'o.npy', '--force')
            self.assertEqual(self.array('o.npy').shape, (1, 8, 8), mode)

    def test_files_of_matlab(self):
        try:
            import scipy.io
        except ImportError:
            self.skipTest('needs python3-scipy')
        for form, name in ('4', 'MATLAB 4'), ('5', 'MATLAB'):
            scipy.io.savemat(self.path('made.mat'), {'A': np.eye(3)}, format=form)
            self.refused('a.mat', self.path('made.mat').read_bytes(), name, "scipy.io.loadmat('a.mat')")

    # Folders of classes.
    def test_folders_of_a_folder_are_classes(self):
        pictures = discs(6)
        for i, (name, picture) in enumerate(zip(['dog', 'dog', 'cat', 'cat', 'cat', 'ape'], pictures)):
            self.write(f'pets/{name}/{i}.png', rgb_png(picture))
        text = self.tells('rbm-data', 'pets', '--channels', 'rgb', '--output', 'rows.npy',
                          saying='3 folders, one after the other: ape (1), cat (3), dog (2)')
        self.assertIn('--labels pets', text)
        np.testing.assert_array_equal(self.array('rows.npy'), (pictures[[5, 2, 3, 4, 0, 1]] / 255).astype(np.float32))
        self.ok('rbm-data', 'pets', '--labels', 'pets', '--output', 'labelled.npy')
        np.testing.assert_array_equal(self.array('labelled.npy')[:, -3:].argmax(1), [0, 1, 1, 1, 2, 2])
        done = self.train('pets', '--labels', 'pets', '--channels', 'rgb')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(b'can be labels', done.stderr)
        self.assertEqual(self.metadata('run/model.safetensors')['labels'], '0,1,2')
        self.tells('rbm-score', 'run/model.safetensors', 'pets', '--classify', '--labels', 'pets', saying='of 6 labels wrong')
        self.ok('rbm-dream', 'run/model.safetensors', '--label', 1, '--steps', 3, '--chains', 4, '--output', 'd.png')
        self.assertEqual(self.path('d.png').read_bytes()[25], RGB)

    def test_folders_called_by_numbers_are_those_labels(self):
        for i, (name, picture) in enumerate(zip('3 7 10 10'.split(), discs(4))):
            self.write(f'digits/{name}/{i}.png', rgb_png(picture))
        self.assertEqual(self.train('digits', '--labels', 'digits').returncode, 0)
        self.assertEqual(self.metadata('run/model.safetensors')['labels'], '3,7,10')
        self.ok('rbm-data', 'digits', '--labels', 'digits', '--output', 'l.npy')
        np.testing.assert_array_equal(self.array('l.npy')[:, -3:].argmax(1), [2, 2, 0, 1])  # "10" comes before "3"


if __name__ == '__main__':
    main()

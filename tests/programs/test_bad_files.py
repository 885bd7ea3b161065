# SPDX-License-Identifier: MIT
"""Files that are cut, damaged, lying or of another kind: rows I1 to I7 and I9 of the table of faults, by number.

Each is refused with exit 3 and the place of the fault, or read without any difference."""
import struct
import zlib

import numpy as np
from app_testing import main
from bad_input import SEEN, WIDE, BadInputTest, good_rows, idx, npy, packed


class BadFiles(BadInputTest):
    def test_i1_gzip_cut(self):
        whole = packed(idx(good_rows()))
        lengths = {len(whole) * percent // 100 for percent in range(4, 100, 4)} | {len(whole) - n for n in range(1, 9)}
        for length in sorted(lengths):
            self.refuses('I1', 'd.gz', whole[:length], 'truncated' if length > 2 else 'd.gz')
        for length in 1, 2:
            self.refuses('I1', 'd.gz', whole[:length])

    def test_i2_gzip_bit_flips(self):
        whole = packed(idx(good_rows()))
        expected = self.ok('rbm-score', 'm.safetensors', 'good.npy')
        rng = np.random.default_rng(3)
        for bit in rng.choice(8 * len(whole), 120, replace=False):
            damaged = bytearray(whole)
            damaged[bit // 8] ^= 1 << bit % 8
            self.put('d.gz', bytes(damaged))
            done = self.run_program('rbm-score', 'm.safetensors', 'd.gz')
            with self.subTest(row='I2', bit=bit):
                if done.returncode == 0:  # in the time stamp, say
                    self.assertEqual(done.stdout, expected)
                else:
                    self.assertEqual((done.returncode, done.stdout), (3, b''), done.stderr)
                    self.assertIn(b'd.gz', done.stderr)

    def test_i3_gzip_members(self):
        raw = idx(good_rows())
        whole = packed(raw)
        self.refuses('I3', 'd.gz', whole + b'garbage', f'byte {len(whole)}', 'after the end of the gzip data')
        self.refuses('I3', 'd.gz', whole + bytes(5), 'after the end of the gzip data')
        self.accepts('I3', 'd.gz', packed(raw[:30]) + packed(raw[30:]))
        self.refuses('I3', 'd.gz', b'', 'is empty')
        self.accepts('I3', 'd.gz', raw, 'is not gzip')
        self.refuses('I3', 'd.gz', packed(whole), 'gzip inside gzip')
        self.refuses('I3', 'd.gz', packed(b''), 'is empty')

    def test_i4_idx_header(self):
        whole = idx(good_rows())
        for length in range(1, 12):
            self.refuses('I4', 'd.idx', whole[:length])
        self.refuses('I4', 'd.idx', whole[:11], 'truncated', '12 bytes', '11')
        self.refuses('I4', 'd.idx', b'\0\1' + whole[2:], 'byte 0: found 00 01')
        for code in 0, 7, 10, 15, 255:
            self.refuses('I4', 'd.idx', whole[:2] + bytes([code]) + whole[3:], f'byte 2: found type {code:02x}', '08')
        for dimensions in 0, 4, 255:
            self.refuses('I4', 'd.idx', whole[:3] + bytes([dimensions]) + whole[4:],
                         f'byte 3: found {dimensions} dimensions')

    def test_i5_idx_lengths(self):
        body = bytes(SEEN * WIDE)
        for shape, promised in (((2**24, 16, 16), 2**32 + 16), ((65536, 65536, 1), 2**32 + 16)):
            self.refuses('I5', 'd.idx', idx(np.frombuffer(body, np.uint8), shape=shape), f'header promises {promised} bytes',
                         f'file has {16 + len(body)}')
        self.refuses('I5', 'd.idx', idx(np.frombuffer(body, np.uint8), shape=(2**32 - 1,) * 3), 'header promises')
        whole = idx(good_rows())
        for found in whole[:-1], whole + b'\0':
            self.refuses('I5', 'd.idx', found, f'header promises {len(whole)} bytes', f'file has {len(found)}')
        for shape in (0, WIDE), (SEEN, 0), (0, 0):
            self.refuses('I5', 'd.idx', idx(np.zeros(0, np.uint8), shape=shape), 'at least one row and one column')

    def test_i6_idx_labels(self):
        self.refuses('I6', 'd.idx', idx(np.arange(10, dtype=np.uint8)), 'label file', '10 labels')
        # Counts that differ: sample weights are the one thing given per sample.
        self.put('w.npy', npy(shape='(11,)', payload=np.ones(11, '<f4').tobytes()))
        self.fails(3, 'rbm-train', 'good.npy', '--output', 'run', '--sample-weights', 'w.npy', '--epochs', 1,
                   saying=('w.npy', '11', f'each of the {SEEN} samples'))

    def test_i7_npy_cut(self):
        whole = npy()
        for length in sorted({*range(1, 14), *range(14, 128, 9), 127, 128, len(whole) - 1}):
            self.refuses('I7', 'd.npy', whole[:length])
        self.refuses('I7', 'd.npy', whole[:-1], f'header promises {len(whole)} bytes', f'file has {len(whole) - 1}')
        self.refuses('I7', 'd.npy', whole + b'\0', f'header promises {len(whole)} bytes')
        self.refuses('I7', 'd.npy', whole[:8] + struct.pack('<H', 65535) + whole[10:], 'byte 8: found a header of 65535')
        self.refuses('I7', 'd.npy', whole[:8] + struct.pack('<H', 20) + whole[10:])
        self.refuses('I7', 'd.npy', whole[:6] + b'\4\0' + whole[8:], 'byte 6: found .npy version 4.0')

    def test_i7_npy_types(self):
        rows = good_rows()
        for descr, word in (("'|O'", 'objects'), ("'<c8'", 'complex'), ("[('a', '<f4'), ('b', '<f4')]", 'byte'),
                            ("'<U4'", 'text'), ("'|V4'", 'raw records'), ("'<M8[s]'", 'dates'), ("'<f2'", 'f4'),
                            ("'<f16'", 'f4'), ("'?f4'", 'byte'), ("'<f4", 'byte'), ('4', 'byte')):
            self.refuses('I7', 'd.npy', npy(descr=descr), word)
        for kind in '<f4', '>f4', '<f8', '>f8', '|b1', '|u1', '|i1', '>i2', '<u2', '<i4', '>u4', '<i8', '>u8':
            self.accepts('I7', 'd.npy', npy(descr=f"'{kind}'", payload=rows.astype(kind).tobytes()))
        self.accepts('I7', 'd.npy', npy(fortran='True', payload=rows.astype('<f4').tobytes(order='F')))
        for version in 2, 3:
            self.accepts('I7', 'd.npy', npy(version=version))
        self.accepts('I7', 'd.npy', npy(shape='(12, 2, 3)'), '12 pictures of height 2 and width 3')
        self.refuses('I7', 'd.npy', npy(descr="'<f8'", payload=np.full((SEEN, WIDE), 1e300).tobytes()), 'row 1, column 1',
                     '3.4e38')

    def test_i7_npy_shapes(self):
        for shape in ('()', '(0,)', '(0, 6)', '(12, 0)', '(72,)', '(2, 6, 2, 3)', '(-12, 6)', '(12, -6)',
                      '(9223372036854775808, 6)', '(18446744073709551616, 6)', '(4294967296, 4294967296)', '(12.0, 6)',
                      '(12 6)', '12', 'None', '(True, 72)'):
            self.refuses('I7', 'd.npy', npy(shape=shape))
        self.refuses('I7', 'd.npy', npy(shape='(0, 6)', payload=b''))
        self.refuses('I7', 'd.npy', npy(text="{'descr': '<f4', 'shape': (12, 6), }"))
        self.refuses('I7', 'd.npy', npy(text="{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (12, 6), }"))
        self.refuses('I7', 'd.npy', npy(text='__import__("os").system("touch owned")'))
        self.assertNotIn('owned', self.files())

    def test_i9_csv(self):
        rows = [','.join(map(str, row)) for row in good_rows()]
        text = '\n'.join(rows) + '\n'

        def with_row(number, line):
            return '\n'.join(rows[:number - 1] + [line] + rows[number - 1:]) + '\n'
        self.refuses('I9', 'd.csv', with_row(9, '0,1,0,1,0'), 'd.csv:9:', 'found 5 columns, expected 6')
        self.refuses('I9', 'd.csv', with_row(13, '0,1,0,1,0,1,1'), 'd.csv:13:', 'found 7 columns, expected 6')
        for field, word in (('', 'empty field'), ('nan', 'finite'), ('-inf', 'finite'), ('1e400', '3.4e38'), ('0x1p3', '0x1p3'),
                            ('one', 'one'), ("'1'", "'1'"), ('1e', '1e'), ('--1', '--1'), ('1 2', '1 2')):
            self.refuses('I9', 'd.csv', with_row(7, f'0,1,{field},1,0,1'), 'd.csv:7:', 'column 3', word)
        self.refuses('I9', 'd.csv', with_row(7, '0;1;0;1;0;1,5').replace(',', ';', 0), 'd.csv:7:')
        self.refuses('I9', 'd.csv', text.replace(',', ';').replace('0;', '1,5;', 1), 'd.csv:1:', 'decimal point')
        self.refuses('I9', 'd.csv', with_row(5, '0,1,\0,1,0,1'), 'd.csv:5:', r'\x00')
        self.refuses('I9', 'd.csv', 'a,b,c\n', 'no rows of numbers')
        self.refuses('I9', 'd.csv', '\n\n#\n', 'no rows of numbers')
        self.refuses('I9', 'd.csv', 'a,b,c,d,e,f\na,b,c,d,e,f\n' + text, 'd.csv:2:')
        self.refuses('I9', 'd.csv', text.encode('utf-16'), 'UTF-16')
        for content in ('a,b,c,d,e,f\n' + text, text.replace('\n', '\r\n'), text[:-1], '\ufeff' + text, '# note\n' + text,
                        text.replace(',', ';'), text.replace(',', '\t'), text.replace(',', ' '), text.replace(',', ' ,  '),
                        text.replace('1', '1.0e0'), text.replace('1', '+1')):
            self.accepts('I9', 'd.csv', content)
        self.refuses('I9', 'd.csv', '0,' * 3_000_000 + '1\n', '3000001 columns')
        self.refuses('I9', 'd.csv', '1' * 5_000_000 + '\n', 'd.csv:1:', '...')

    def test_i9_locale(self):
        import os
        self.put('d.csv', '\n'.join(','.join(map(str, row)) for row in good_rows() * 0.75) + '\n')
        seen = set()
        for locale in 'C', 'de_DE.UTF-8', 'tr_TR.UTF-8':
            os.environ['LC_ALL'] = locale
            try:
                seen.add(self.ok('rbm-score', 'm.safetensors', 'd.csv', '--beta', '1.5'))
            finally:
                del os.environ['LC_ALL']
        self.assertEqual(len(seen), 1)

    def test_other_kinds(self):
        for head, word in ((b'PK\3\4', 'zip'), (b'\x89HDF\r\n', 'HDF5'), (b'\xff\xd8\xff\xe0', 'JPEG'), (b'GIF89a', 'GIF'),
                           (b'BZh9', 'bzip2'), (b'\xfd7zXZ\0', 'xz'), (b'\x80\4\x95', 'pickle')):
            self.refuses('I9', 'd.dat', head + bytes(40), word)
        self.fails(3, 'rbm-score', 'm.safetensors', 'm.safetensors', saying='m.safetensors')


class BadPictures(BadInputTest):
    """I11"""

    def setUp(self):
        super().setUp()
        self.path('d').mkdir()

    def png(self, width, height, depth, colour, rows, interlace=0, extra=b''):
        def chunk(kind, body):
            return struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))
        return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, interlace)) +
                extra + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))

    def grey(self, bits):
        """2 x 3 pixels"""
        lines = np.asarray(bits, np.uint8).reshape(2, 3) * 255
        return self.png(3, 2, 8, 0, b''.join(b'\0' + line.tobytes() for line in lines))

    def folder_refused(self, name, content, *saying, code=3):
        with self.subTest(row='I11', saying=saying):
            self.path('d/' + name).write_bytes(content)
            self.fails(code, 'rbm-score', 'm.safetensors', 'd', saying=saying)
            self.path('d/' + name).unlink()

    def test_i11_damage(self):
        good = self.grey([0, 1, 1, 0, 0, 1])
        self.path('d/a.png').write_bytes(good)
        self.folder_refused('b.png', good[:-20], 'd/b.png', 'truncated')
        for length in 0, 4, 8, 20, 40:
            self.folder_refused('b.png', good[:length], 'd/b.png')
        damaged = bytearray(good)
        damaged[29] ^= 1  # the header's checksum
        self.folder_refused('b.png', bytes(damaged), 'd/b.png', 'CRC')
        damaged = bytearray(good)
        damaged[-14] ^= 1  # that of the pixels
        self.folder_refused('b.png', bytes(damaged), 'd/b.png')
        for side in 2**31, 2**31 - 1, 2**20, 0:
            self.folder_refused('b.png', self.png(side, side, 8, 0, b'\0'), 'd/b.png')
        self.folder_refused('b.png', self.png(100000, 2000, 8, 0, bytes(100)), 'd/b.png', 'more than')
        self.folder_refused('b.png', b'no picture', 'd/b.png', 'not a PNG file')
        self.folder_refused('b.png', self.png(2, 2, 8, 0, bytes(6)), 'd/b.png', 'found 2 x 2 pixels, expected 3 x 2', 'd/a.png')
        self.folder_refused('b.png', good + b'more', 'd/b.png', '4 bytes after the end')

    def test_i11_kinds(self):
        bits = np.array([[0, 1, 1], [0, 0, 1]], np.uint8)
        lines = bits * 255

        def rows(of):
            return b''.join(b'\0' + line.tobytes() for line in of)
        palette = b''.join(struct.pack('>I', len(body)) + kind + body + struct.pack('>I', zlib.crc32(kind + body))
                           for kind, body in [(b'PLTE', bytes([0, 0, 0, 255, 255, 255]))])
        opaque = np.full_like(lines, 255)
        kinds = {
            'grey': self.grey(bits.ravel()), '16 bit': self.png(3, 2, 16, 0, rows(lines.astype('>u2') * 257)),
            '1 bit': self.png(3, 2, 1, 0, rows(np.packbits(bits, axis=1))),
            'palette': self.png(3, 2, 8, 3, rows(bits), extra=palette),
            'colour': self.png(3, 2, 8, 2, rows(np.stack([lines] * 3, -1))),
            'grey and alpha': self.png(3, 2, 8, 4, rows(np.stack([lines, opaque], -1))),
            'alpha': self.png(3, 2, 8, 6, rows(np.stack([lines, lines, lines, opaque], -1))),
            # the passes of Adam7 over 3 x 2 pixels: (0,0); none; none; (0,2); none; (0,1); row 1
            'interlaced': self.png(3, 2, 8, 0, b'\0' + lines[0, 0].tobytes() + b'\0' + lines[0, 2].tobytes() +
                                   b'\0' + lines[0, 1].tobytes() + b'\0' + lines[1].tobytes(), interlace=1)}
        for number, content in enumerate(kinds.values()):
            self.path(f'd/{number}.png').write_bytes(content)
        scores = self.ok('rbm-score', 'm.safetensors', 'd').split()[1:]
        for name, score in zip(kinds, scores):
            with self.subTest(row='I11', kind=name):
                self.assertEqual(score, scores[0])
        self.assertEqual(len(scores), len(kinds))

    def test_i11_folders(self):
        self.fails(3, 'rbm-score', 'm.safetensors', 'd', saying=('d: no PNG files among the 0',))
        self.path('d/notes.txt').write_text('hello')
        self.path('d/more').mkdir()
        self.fails(3, 'rbm-score', 'm.safetensors', 'd', saying='no PNG files among the 2')
        self.path('d/a.png').write_bytes(self.grey([0, 1, 1, 0, 0, 1]))
        done = self.run_program('rbm-score', 'm.safetensors', 'd')
        self.assertEqual((done.returncode, done.stdout.count(b'\n')), (0, 2))
        self.assertIn(b'2 skipped', done.stderr)
        self.path('d/loop.png').symlink_to('loop.png')
        self.fails(1, 'rbm-score', 'm.safetensors', 'd', saying=('d/loop.png', 'symbolic links'))
        self.path('d/loop.png').unlink()
        self.path('d/gone.png').symlink_to('nowhere.png')
        self.fails(1, 'rbm-score', 'm.safetensors', 'd', saying=('d/gone.png', 'No such file'))


if __name__ == '__main__':
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HDF5 files as h5py writes them: data sets, labels, machines of the Python package rbms; and hostile ones."""
import gzip
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
from app_testing import PROGRAMS, AppTest, main, safetensors

try:
    import h5py
except ImportError:
    print('python3-h5py is not installed')
    sys.exit(77)


def bits(rows=60, columns=6, seed=5):
    random = np.random.default_rng(seed)
    return (random.random((rows, columns)) < np.linspace(0.2, 0.8, columns)).astype(np.uint8)


class Hdf5(AppTest):
    def write(self, name='data.h5', **sets):
        with h5py.File(self.path(name), 'w') as f:
            for path, values in sets.items():
                f[path.replace('__', '/')] = values

    def read(self, source, *words):
        self.ok('rbm-data', source, '--output', 'out.npy', '--force', *words)
        return self.array('out.npy')

    def rbms(self, name='machine.h5', kind='BBRBM', updates=(1, 20, 3), attribute=False, **parameters):
        """As rbms.io.save_model() lays it out."""
        with h5py.File(self.path(name), 'w') as f:
            for number in updates:
                group = f.create_group(f'update_{number}/params')
                for key, values in parameters.items():
                    group[key] = (np.asarray(values) * (number / max(updates))).astype(np.float32)
                    f[f'update_{number}/{key}'] = group[key]
                f[f'update_{number}/time'] = 1.5
            f['parallel_chains'] = bits().astype(np.float32)
            f.create_group('hyperparameters')['gibbs_steps'] = 10
            if attribute:
                f.attrs['model_type'] = kind
            else:
                f['model_type'] = kind


class Data(Hdf5):
    def test_types_and_packing(self):
        x = bits()
        for number, kind in enumerate(['u1', 'i1', '<i2', '>i4', '<u8', 'f2', '>f4', '<f8', '?']):
            self.write(x=x.astype(kind))
            np.testing.assert_array_equal(self.read('data.h5'), x, kind)
        with h5py.File(self.path('data.h5'), 'w') as f:
            f.create_dataset('a/b', data=x, chunks=(7, 5), compression='gzip', shuffle=True, fletcher32=True,
                             maxshape=(None, 6))
        np.testing.assert_array_equal(self.read('data.h5'), x)
        np.testing.assert_array_equal(self.read('data.h5:a/b'), x)

    def test_stream_and_gzip_and_another_name(self):
        self.write('some.data', x=bits())
        raw = self.path('some.data').read_bytes()
        np.testing.assert_array_equal(self.read('some.data'), bits())
        self.ok('rbm-data', '-', '--output', 'piped.npy', input=raw)
        np.testing.assert_array_equal(self.array('piped.npy'), bits())
        self.path('some.h5.gz').write_bytes(gzip.compress(raw))
        np.testing.assert_array_equal(self.read('some.h5.gz'), bits())

    def test_several_are_listed(self):
        self.write(train__images=np.zeros((5, 2, 3)), train__labels=np.arange(5), names=['a', 'b'])
        self.fails(3, 'rbm-data', 'data.h5', '--output', 'out.npy',
                   saying=['found 2 data sets of numbers', 'train/images (5 x 2 x 3 float64)', 'train/labels (5 int64)',
                           'data.h5:train/images'])
        self.assertEqual(self.read('data.h5:train/images').shape, (5, 2, 3))

    def test_train_with_labels_and_weights_and_score(self):
        x = bits()
        self.write(x=x, y=np.arange(60) % 3, w=np.linspace(1, 2, 60))
        np.save(self.path('x.npy'), x)
        np.save(self.path('y.npy'), np.arange(60) % 3)
        np.save(self.path('w.npy'), np.linspace(1, 2, 60))
        np.savez(self.path('all.npz'), x=x, y=np.arange(60) % 3, w=np.linspace(1, 2, 60))
        words = ['--hidden', 3, '--epochs', 2, '--quiet']
        runs = {}
        for kind, (data, labels, weights) in {'npy': ('x.npy', 'y.npy', 'w.npy'),
                                              'h5': ('data.h5:x', 'data.h5:y', 'data.h5:w'),
                                              'npz': ('all.npz:x', 'all.npz:y', 'all.npz:w')}.items():
            self.ok('rbm-train', data, '--labels', labels, '--sample-weights', weights, '--output', kind, *words)
            runs[kind] = self.path(kind + '/model.safetensors').read_bytes()
        self.assertEqual(runs['npy'], runs['h5'])
        self.assertEqual(runs['npy'], runs['npz'])
        self.assertEqual(self.ok('rbm-score', 'npy/model.safetensors', 'x.npy', '--quiet'),
                         self.ok('rbm-score', 'npy/model.safetensors', 'data.h5:x', '--quiet'))

    def test_description(self):
        self.write(x=bits())
        text = self.ok('rbm-data', 'data.h5', '--describe').decode()
        self.assertIn('HDF5', text)
        self.assertIn('uint8', text)
        self.assertIn('bernoulli', text)

    def test_what_is_no_array_of_numbers(self):
        records = np.zeros(3, dtype=[('a', 'f4'), ('b', 'i4')])
        with h5py.File(self.path('data.h5'), 'w') as f:
            f['text'] = ['one', 'two']
            f['records'] = records
            f['complex'] = np.zeros((2, 2), complex)
            f['scalar'] = 3.0
            f['null'] = h5py.Empty('f4')
            f['none'] = np.zeros((0, 4))
            f['long'] = np.zeros((2, 2), np.longdouble)
            f['group/inner'] = bits()
            f['row'] = np.zeros(4)
            lists = f.create_dataset('lists', (2,), h5py.vlen_dtype('f4'))
            lists[0], lists[1] = [1, 2], [3]
        for name, text in {'text': 'found text, expected an array of numbers', 'records': 'records',
                           'complex': 'complex', 'scalar': 'no array', 'null': 'no array', 'none': 'at least one row',
                           'long': 'no numbers', 'group': 'is a group, not a data set; it holds inner',
                           'row': 'one row or one column', 'lists': 'found lists of different lengths', 'nothing': "found no 'nothing' in the file, only",
                           'group/else': "found no 'else' in the group group, only inner"}.items():
            self.fails(3, 'rbm-data', 'data.h5:' + name, '--output', 'out.npy', saying=text)

    def test_wrong_shapes_are_told(self):
        self.write(x=np.zeros((2, 3, 4, 5, 6)))
        self.fails(3, 'rbm-data', 'data.h5', '--output', 'out.npy', saying='5 dimensions')


class Hostile(Hdf5):
    def refused(self, source, text):
        self.fails(3, 'rbm-data', source, '--output', 'out.npy', saying=text)

    def test_cut_files(self):
        self.write(x=bits(), y=bits())
        whole = self.path('data.h5').read_bytes()
        for size in [*range(8, 600, 37), *range(600, len(whole), 97), len(whole) - 1]:
            self.path('cut.h5').write_bytes(whole[:size])
            self.fails(3, 'rbm-data', 'cut.h5:x', '--output', 'out.npy', saying='cut.h5')

    def test_wrong_bits(self):
        """Where libhdf5 crashes or goes on for ever, that is an error as any other."""
        with h5py.File(self.path('data.h5'), 'w') as f:
            f.create_dataset('g/x', data=bits(), chunks=(20, 3), compression='gzip', fletcher32=True)
        whole = np.frombuffer(self.path('data.h5').read_bytes(), np.uint8)
        random = np.random.default_rng(4)
        codes = []
        for _ in range(60):
            changed = whole.copy()
            for _ in range(random.integers(1, 5)):
                changed[random.integers(changed.size)] ^= 1 << random.integers(8)
            self.path('changed.h5').write_bytes(changed.tobytes())
            done = self.run_program('rbm-data', 'changed.h5', '--describe')
            codes.append(done.returncode)
            if codes[-1] != 0:
                self.assertTrue(done.stderr.startswith(b'rbm-data: changed.h5'), done.stderr)
        self.assertLessEqual(set(codes), {0, 3})
        self.assertGreater(codes.count(3), 5)

    def test_promised_sizes(self):
        with h5py.File(self.path('data.h5'), 'w') as f:
            f.create_dataset('chunks', (1 << 30, 1 << 30), 'f8', chunks=(16, 16))
            f.create_dataset('never', (1 << 20, 1 << 20), 'f8')
            few = f.create_dataset('few', (1 << 20, 1 << 20), 'f8', chunks=(16, 16), compression='gzip')
            few[0, :16] = 1
            f.create_dataset('over', (1 << 40, 1 << 40), 'f8', chunks=(16, 16))
        self.refused('data.h5:chunks', 'none were written')
        self.refused('data.h5:never', 'none were written')
        self.refused('data.h5:few', 'promises')
        self.refused('data.h5:over', 'more than any file has')
        self.assertLess(self.path('data.h5').stat().st_size, 64 << 20)

    def test_other_files_are_not_opened(self):
        self.write('other.h5', x=bits())
        self.path('raw').write_bytes(bytes(range(64)))
        layout = h5py.VirtualLayout((60, 6), 'u1')
        layout[:] = h5py.VirtualSource(self.path('other.h5'), 'x', (60, 6))
        with h5py.File(self.path('data.h5'), 'w') as f:
            f['link'] = h5py.ExternalLink('other.h5', 'x')
            f['soft'] = h5py.SoftLink('/here')
            f['here'] = bits()
            f.create_virtual_dataset('virtual', layout)
            f.create_dataset('raw', (8, 8), 'u1', external=[(str(self.path('raw')), 0, 64)])
        self.refused('data.h5:link', 'is a link')
        self.refused('data.h5:soft', 'is a link')
        self.refused('data.h5:virtual', 'in other files')
        self.refused('data.h5:raw', 'in other files')
        np.testing.assert_array_equal(self.read('data.h5:here'), bits())

    def test_groups_in_themselves(self):
        with h5py.File(self.path('data.h5'), 'w') as f:
            f['a/x'] = bits()
            f['a/b'] = f['a']
            f['a/c'] = f['/']
        self.refused('data.h5', 'name one of them')
        np.testing.assert_array_equal(self.read('data.h5:a/b/b/c/a/x'), bits())

    def test_filters_that_are_not_there(self):
        with h5py.File(self.path('data.h5'), 'w') as f:
            f.create_dataset('x', data=bits(), chunks=(10, 6), compression='lzf')
        self.refused('data.h5', "'lzf'")

    def test_not_hdf5(self):
        self.path('text.h5').write_text('1,2\n3,4\n')
        np.testing.assert_array_equal(self.read('text.h5'), [[1, 2], [3, 4]])
        self.path('out.npy').unlink()
        self.path('head.h5').write_bytes(b'\x89HDF\r\n\x1a\n' + bytes(100))
        self.refused('head.h5', 'truncated, damaged')


class Without(Hdf5):
    def test_the_part_that_reads_it_is_missing(self):
        """The program and its library alone, as they are built without libhdf5."""
        program = pathlib.Path(PROGRAMS['rbm-data'])
        for source in [program, *program.parents[1].glob('lib/librbm.so*')]:
            if source.is_file():
                target = self.path('build') / source.parent.name / source.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        self.write(x=bits())
        elsewhere = {name: value for name, value in os.environ.items() if name != 'LD_LIBRARY_PATH'}
        done = subprocess.run([self.path('build/apps/rbm-data'), 'data.h5', '--describe'], cwd=self.folder, env=elsewhere,
                              stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout), (3, b''))
        self.assertIn(b'data.h5: this is an HDF5 file, and this build cannot', done.stderr)
        self.assertIn(b'libhdf5-dev', done.stderr)


class Rbms(Hdf5):
    def free_energy(self, model, data, *words):
        return np.array(self.ok('rbm-score', model, data, '--quiet', *words).decode().split()[1:], float)

    def test_bernoulli_machine(self):
        random = np.random.default_rng(1)
        w, a, b = random.normal(size=(6, 3)), random.normal(size=6), random.normal(size=3)
        x = bits()
        np.save(self.path('x.npy'), x)
        expected = -(x @ a) - np.logaddexp(0, b + x @ w).sum(1)
        for attribute in False, True:
            self.rbms(weight_matrix=w, vbias=a, hbias=b, attribute=attribute)
            np.testing.assert_allclose(self.free_energy('machine.h5', 'x.npy'), expected, rtol=1e-5)
        self.assertIn(b'bernoulli', self.ok('rbm-inspect', 'machine.h5'))
        self.ok('rbm-dream', 'machine.h5', '--output', 'dream.npy', '--steps', 3, '--quiet')
        self.assertEqual(self.array('dream.npy').shape[-1], 6)
        done = self.run_program('rbm-data', 'machine.h5', '--output', 'machine.safetensors')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b'update 20, the last of 3', done.stderr)
        np.testing.assert_allclose(self.free_energy('machine.safetensors', 'x.npy'), expected, rtol=1e-5)
        ratio = self.ok('rbm-score', 'machine.safetensors', 'x.npy', '--against', 'machine.h5', '--quiet').decode()
        self.assertIn('log_ratio', ratio)

    def test_spin_and_potts_machines(self):
        random = np.random.default_rng(2)
        w, a, b = random.normal(size=(4, 3)), random.normal(size=4), random.normal(size=3)
        x = 2.0 * bits(columns=4) - 1
        np.save(self.path('x.npy'), x)
        self.rbms(kind='IIRBM', weight_matrix=w, vbias=a, hbias=b)
        field = b + x @ w
        np.testing.assert_allclose(self.free_energy('machine.h5', 'x.npy'),
                                   -(x @ a) - np.logaddexp(field, -field).sum(1), rtol=1e-5)
        w, a = random.normal(size=(4, 5, 3)), random.normal(size=(4, 5))
        codes = random.integers(5, size=(30, 4))
        np.save(self.path('x.npy'), codes)
        self.rbms(kind='PBRBM', weight_matrix=w, vbias=a, hbias=b)
        sites = np.arange(4)
        expected = -a[sites, codes].sum(1) - np.logaddexp(0, b + w[sites, codes].sum(1)).sum(1)
        np.testing.assert_allclose(self.free_energy('machine.h5', 'x.npy'), expected, rtol=1e-5)
        self.ok('rbm-data', 'machine.h5', '--output', 'back.h5')
        with h5py.File(self.path('back.h5')) as back:
            self.assertEqual(back['model_type'][()].decode(), 'PBRBM')
            self.assertEqual(list(back), ['model_type', 'update_1'])
            params = back['update_1']['params']
            self.assertEqual(sorted(params), ['hbias', 'vbias', 'weight_matrix'])
            np.testing.assert_array_equal(params['weight_matrix'][()], w.astype(np.float32))
            np.testing.assert_array_equal(params['vbias'][()], a.astype(np.float32))
            np.testing.assert_array_equal(params['hbias'][()], b.astype(np.float32))
        first = self.path('back.h5').read_bytes()
        self.ok('rbm-data', 'back.h5', '--output', 'again.h5')
        self.assertEqual(self.path('again.h5').read_bytes(), first)

    def test_out(self):
        self.save_model('m.safetensors', weights=np.ones((3, 2)), visible_bias=[1, 2, 3], hidden_bias=[4, 5])
        self.ok('rbm-data', 'm.safetensors', '--output', 'm.h5')
        with h5py.File(self.path('m.h5')) as f:
            self.assertEqual(f['model_type'][()].decode(), 'BBRBM')
            np.testing.assert_array_equal(f['update_1/params/vbias'][()], [1, 2, 3])
        self.path('g.safetensors').write_bytes(
            safetensors({'weights': np.ones((3, 2)), 'visible.bias': np.zeros(3), 'visible.log_sigma': np.zeros(3),
                         'visible.center': np.zeros(3),
                         'hidden.bias': np.zeros(2)}, {'visible.units': 'gaussian', 'data.binarize': 'none'}))
        self.fails(2, 'rbm-data', 'g.safetensors', '--output', 'g.h5', saying='has no machine with gaussian visible')
        self.fails(2, 'rbm-data', 'm.safetensors', '--output', 'n.h5', '--skip', 2, saying='--skip: is for data')
        self.fails(2, 'rbm-data', 'bars-and-stripes', '--output', 'n.h5', saying='is a data set')
        np.save(self.path('x.npy'), bits())
        self.fails(3, 'rbm-data', 'x.npy', '--output', 'n.h5', saying='data are written as .npy')

    def test_faults(self):
        good = dict(weight_matrix=np.ones((6, 3)), vbias=np.zeros(6), hbias=np.zeros(3))
        for change, text in [(dict(vbias=np.zeros(5)), 'vbias: found a shape of 5, expected 6'),
                             (dict(hbias=np.zeros((3, 1))), 'hbias: found a shape of 3 x 1, expected 3'),
                             (dict(weight_matrix=np.ones(6)), 'weight_matrix: found a shape of 6'),
                             (dict(weight_matrix=np.ones((0, 3))), 'none of length 0'),
                             (dict(hbias=np.array([0, np.nan, 0])), 'hbias: element 1: found nan'),
                             (dict(sigma=np.ones(6)), 'sigma: this parameter is not known'),
                             (dict(kind='BGRBM'), "type 'BGRBM'"), (dict(kind='PBRBM'), '[visible, states, hidden]')]:
            self.rbms(**{**good, **change})
            self.fails(3, 'rbm-inspect', 'machine.h5', saying=text)
        self.rbms(weight_matrix=np.ones((6, 3)), vbias=np.zeros(6))
        self.fails(3, 'rbm-inspect', 'machine.h5', saying="found no 'hbias'")
        self.rbms(**good)
        with h5py.File(self.path('machine.h5'), 'a') as f:
            for number in 1, 3, 20:
                del f[f'update_{number}']
        self.fails(3, 'rbm-inspect', 'machine.h5', saying='found no group update_N')
        self.write('data.h5', x=bits())
        self.fails(3, 'rbm-inspect', 'data.h5', saying='data.h5')

    def test_log_z_is_not_written_into_it(self):
        self.rbms(weight_matrix=np.ones((6, 3)), vbias=np.zeros(6), hbias=np.zeros(3))
        before = self.path('machine.h5').read_bytes()
        self.fails(3, 'rbm-estimate', 'machine.h5', '--save', saying='HDF5')
        self.assertEqual(self.path('machine.h5').read_bytes(), before)


if __name__ == '__main__':
    main()

package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"path"
	"time"
)

// tarball writes the files of a folder, in the order of their names, into a folder of another name. Nothing of who wrote them, or when, is kept.
func tarball(w io.Writer, files fs.FS, folder string, at time.Time) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	t := tar.NewWriter(z)
	err = each(files, folder, func(name string, mode fs.FileMode, content []byte) error {
		h := &tar.Header{Name: name, Mode: int64(mode.Perm()), Size: int64(len(content)), ModTime: at, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if mode.IsDir() {
			h.Typeflag = tar.TypeDir
		}
		err := t.WriteHeader(h)
		if err == nil {
			_, err = t.Write(content)
		}
		return err
	})
	return errors.Join(err, t.Close(), z.Close())
}

// zipped is tarball for Windows.
func zipped(w io.Writer, files fs.FS, folder string, at time.Time) error {
	z := zip.NewWriter(w)
	err := each(files, folder, func(name string, mode fs.FileMode, content []byte) error {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at}
		h.SetMode(mode)
		f, err := z.CreateHeader(h)
		if err == nil {
			_, err = f.Write(content)
		}
		return err
	})
	return errors.Join(err, z.Close())
}

// each visits folders and files, in the order of their names. Names of folders end with a slash.
func each(files fs.FS, folder string, visit func(name string, mode fs.FileMode, content []byte) error) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() {
			return visit(path.Join(folder, name)+"/", info.Mode(), nil)
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		return visit(path.Join(folder, name), info.Mode(), content)
	})
}

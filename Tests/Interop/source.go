package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// maximumBytes bounds what is read at once: 256 entries of 65,535 bytes, each behind its two bytes of length.
const maximumBytes = tileWidth * (2 + 65535)

// source is where a ledger's resources are read from. It is a tlog.TileReader, too.
type source struct {
	location string
	client   *http.Client
}

func newSource(location string) source {
	return source{location: strings.TrimSuffix(location, "/"), client: &http.Client{Timeout: time.Minute}}
}

// read gets the resource at a path below the ledger's prefix.
func (s source) read(path string) ([]byte, error) {
	if !strings.HasPrefix(s.location, "http://") && !strings.HasPrefix(s.location, "https://") {
		content, err := os.ReadFile(filepath.Join(s.location, filepath.FromSlash(path)))
		if err != nil {
			return nil, fmt.Errorf("%s %w: %v", path, errUnreadable, err)
		}
		return content, nil
	}
	response, err := s.client.Get(s.location + "/" + path)
	if err != nil {
		return nil, fmt.Errorf("%s %w: %v", path, errUnreadable, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %w: status %s", path, errUnreadable, response.Status)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maximumBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s %w: %v", path, errUnreadable, err)
	}
	return content, nil
}

// path is where C2SP tlog-tiles has a tile; the package's own form has the height in it, and other names for entries.
func path(tile tlog.Tile) string {
	own := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return "tile/" + strings.Replace(own, "data/", "entries/", 1)
}

// tile gets the hashes of a tile, as many as it says.
func (s source) tile(tile tlog.Tile) ([]byte, error) {
	content, err := s.read(path(tile))
	if err != nil {
		return nil, err
	}
	if len(content) != tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%s has %d bytes, not %d", path(tile), len(content), tile.W*tlog.HashSize)
	}
	return content, nil
}

// entries gets the bundle that belongs to a tile of level 0, as many entries as that has leaves.
func (s source) entries(tile tlog.Tile) ([][]byte, error) {
	tile.L = -1
	rest, err := s.read(path(tile))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(rest) > 0 {
		if len(rest) < 2 || len(rest)-2 < int(rest[0])<<8|int(rest[1]) {
			return nil, fmt.Errorf("%s ends within an entry", path(tile))
		}
		length := int(rest[0])<<8 | int(rest[1])
		entries = append(entries, rest[2:2+length])
		rest = rest[2+length:]
	}
	if len(entries) != tile.W {
		return nil, fmt.Errorf("%s has %d entries, not %d", path(tile), len(entries), tile.W)
	}
	return entries, nil
}

func (s source) Height() int { return tileHeight }

func (s source) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	contents := make([][]byte, len(tiles))
	for i, tile := range tiles {
		content, err := s.tile(tile)
		if err != nil {
			return nil, err
		}
		contents[i] = content
	}
	return contents, nil
}

// SaveTiles does nothing: every tile is read anew each time, so that each is checked.
func (s source) SaveTiles([]tlog.Tile, [][]byte) {}

// Checkledger checks an exchange ledger with the Go project's own transparency-log packages, which share no code with
// Hexi: what this program accepts, other people's tools accept too.
//
// It reads the ledger as C2SP tlog-tiles lays it out, from an http:// address or a folder, and shares only the formats:
// the checkpoint's signature, the root made anew from the leaves, every tile against it, every entry against its leaf,
// and random inclusion and consistency proofs computed from the tiles.
//
// Usage: checkledger -vkey KEY [-proofs N] [-seed S] LOCATION
//
// Exit code 0: everything holds. 1: something does not. 2: the ledger could not be read, or the command was wrong.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight and tileWidth are fixed by C2SP tlog-tiles.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// errUnreadable marks what keeps the check from being made, as opposed to what it finds.
var errUnreadable = errors.New("cannot be read")

func main() {
	vkey := flag.String("vkey", "", "the log's verifier key, name+identifier+base64")
	proofs := flag.Int("proofs", 200, "how many random proofs of each kind to check")
	seed := flag.Int64("seed", 1, "of the random numbers")
	flag.Parse()
	if flag.NArg() != 1 || *vkey == "" {
		fmt.Fprintln(os.Stderr, "usage: checkledger -vkey KEY [-proofs N] [-seed S] LOCATION")
		os.Exit(2)
	}
	check := &check{source: newSource(flag.Arg(0)), random: rand.New(rand.NewSource(*seed))}
	if err := check.run(*vkey, *proofs); err != nil {
		fmt.Fprintln(os.Stderr, "checkledger:", err)
		if errors.Is(err, errUnreadable) {
			os.Exit(2)
		}
		os.Exit(1)
	}
	fmt.Printf("%s: %d entries, root %s: signature, tiles, entries and 2 x %d proofs hold\n",
		check.origin, check.tree.N, check.tree.Hash, check.proofs)
}

// check is one ledger under examination.
type check struct {
	source source
	random *rand.Rand
	origin string
	tree   tlog.Tree
	// hashes are all nodes of the tree, in the order of tlog.StoredHashIndex.
	hashes hashes
	proofs int
}

func (c *check) run(vkey string, proofs int) error {
	if err := c.openCheckpoint(vkey); err != nil {
		return err
	}
	if err := c.rebuild(); err != nil {
		return err
	}
	if err := c.compareTiles(); err != nil {
		return err
	}
	if c.tree.N == 0 {
		return nil
	}
	return c.checkProofs(proofs)
}

// openCheckpoint verifies the signed note and reads its three lines.
func (c *check) openCheckpoint(vkey string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return fmt.Errorf("the verifier key: %w", err)
	}
	message, err := c.source.read("checkpoint")
	if err != nil {
		return err
	}
	opened, err := note.Open(message, note.VerifierList(verifier))
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return fmt.Errorf("the checkpoint has %d lines of text, not three or more", len(lines)-1)
	}
	if c.origin = lines[0]; c.origin != verifier.Name() {
		return fmt.Errorf("the checkpoint's origin is %q, the key's name %q", c.origin, verifier.Name())
	}
	c.tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || c.tree.N < 0 || strconv.FormatInt(c.tree.N, 10) != lines[1] {
		return fmt.Errorf("the checkpoint's size is %q", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return fmt.Errorf("the checkpoint's root is %q", lines[2])
	}
	copy(c.tree.Hash[:], root)
	return nil
}

// rebuild makes the whole tree anew from the entries and compares the leaves with the tiles' and the root with the
// checkpoint's.
func (c *check) rebuild() error {
	for first := int64(0); first < c.tree.N; first += tileWidth {
		width := int(min(tileWidth, c.tree.N-first))
		tile := tlog.Tile{H: tileHeight, L: 0, N: first / tileWidth, W: width}
		leaves, err := c.source.tile(tile)
		if err != nil {
			return err
		}
		entries, err := c.source.entries(tile)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			hash := tlog.RecordHash(entry)
			if !bytes.Equal(hash[:], leaves[i*tlog.HashSize:(i+1)*tlog.HashSize]) {
				return fmt.Errorf("entry %d does not hash to its leaf in %s", first+int64(i), path(tile))
			}
			added, err := tlog.StoredHashesForRecordHash(first+int64(i), hash, c.hashes)
			if err != nil {
				return err
			}
			c.hashes = append(c.hashes, added...)
		}
	}
	root, err := c.hashes.root(c.tree.N)
	if err != nil {
		return err
	}
	if root != c.tree.Hash {
		return fmt.Errorf("the entries give the root %s, the checkpoint says %s", root, c.tree.Hash)
	}
	return nil
}

// compareTiles compares every tile above level 0 with the tree; those of level 0 were compared entry by entry.
func (c *check) compareTiles() error {
	for level, size := 1, c.tree.N/tileWidth; size > 0; level, size = level+1, size/tileWidth {
		for first := int64(0); first < size; first += tileWidth {
			tile := tlog.Tile{H: tileHeight, L: level, N: first / tileWidth, W: int(min(tileWidth, size-first))}
			served, err := c.source.tile(tile)
			if err != nil {
				return err
			}
			computed, err := tlog.ReadTileData(tile, c.hashes)
			if err != nil {
				return err
			}
			if !bytes.Equal(served, computed) {
				return fmt.Errorf("%s is not what the entries give", path(tile))
			}
		}
	}
	return nil
}

// checkProofs computes proofs from the served tiles, with the package's own verification of each tile, and checks them.
func (c *check) checkProofs(count int) error {
	reader := tlog.TileHashReader(c.tree, c.source)
	for ; c.proofs < count; c.proofs++ {
		index := c.random.Int63n(c.tree.N)
		inclusion, err := tlog.ProveRecord(c.tree.N, index, reader)
		if err != nil {
			return fmt.Errorf("the inclusion proof of entry %d: %w", index, err)
		}
		leaf := c.hashes[tlog.StoredHashIndex(0, index)]
		if err := tlog.CheckRecord(inclusion, c.tree.N, c.tree.Hash, index, leaf); err != nil {
			return fmt.Errorf("the inclusion proof of entry %d: %w", index, err)
		}
		older := 1 + c.random.Int63n(c.tree.N)
		consistency, err := tlog.ProveTree(c.tree.N, older, reader)
		if err != nil {
			return fmt.Errorf("the consistency proof from size %d: %w", older, err)
		}
		root, err := c.hashes.root(older)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(consistency, c.tree.N, c.tree.Hash, older, root); err != nil {
			return fmt.Errorf("the consistency proof from size %d: %w", older, err)
		}
	}
	return nil
}

// hashes are stored as tlog.StoredHashIndex numbers them.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(h)) {
			return nil, fmt.Errorf("there is no node %d yet", index)
		}
		found[i] = h[index]
	}
	return found, nil
}

// root is that of the first size leaves. The package has none for the empty tree; RFC 6962 section 2.1 has.
func (h hashes) root(size int64) (tlog.Hash, error) {
	if size == 0 {
		return tlog.Hash(sha256.Sum256(nil)), nil
	}
	return tlog.TreeHash(size, h)
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

/// The commands in a bundle's first text, by which it is checked with common tools alone. They run in the folder into
/// which the bundle was unpacked.
enum EvidenceScripts {
    /// Builds the tree over all entries (RFC 6962 section 2.1) and compares its root with the checkpoint's.
    static let ledger = #"""
        python3 - <<'END'
        import base64, hashlib, json, sys

        def sha(data): return hashlib.sha256(data).digest()

        size, root = open("checkpoint", encoding="utf-8").read().split("\n")[1:3]
        count, previous, tree = 0, "0" * 64, []  # tree: (height, hash) of its complete subtrees, left to right
        for line in open("SHA256SUMS"):
            name = line[66:-1]
            if not name.startswith("tile/entries/"):
                continue
            data, place = open(name, "rb").read(), 0
            while place < len(data):
                start = place + 2
                place = start + int.from_bytes(data[place:start], "big")
                entry = data[start:place]
                head = json.loads(entry)
                if head["prev"] != previous or head["seq"] != count:
                    sys.exit(f"entry {count} does not follow the one before it")
                height, node = 0, sha(b"\0" + entry)
                count, previous = count + 1, node.hex()
                while tree and tree[-1][0] == height:
                    height, node = height + 1, sha(b"\1" + tree.pop()[1] + node)
                tree.append((height, node))
        node = tree.pop()[1]
        while tree:
            node = sha(b"\1" + tree.pop()[1] + node)
        if (str(count), base64.b64encode(node).decode()) != (size, root):
            sys.exit("these are NOT the entries that the log has signed")
        print(count, "entries lead to the signed root", root)
        END
        """#

    /// Follows each entry's path to the root (RFC 9162 section 2.1.3.2).
    static let entries = #"""
        python3 - <<'END'
        import base64, glob, hashlib, json, sys

        def sha(data): return hashlib.sha256(data).digest()

        note = open("checkpoint", "rb").read()
        size, root = note.decode().split("\n")[1:3]
        count = 0
        for name in glob.glob("entries/*.json"):
            entry = open(name, "rb").read()
            head, signed = open(name[:-5] + ".tlog-proof", "rb").read().split(b"\n\n", 1)
            lines = head.decode().split("\n")[1:]
            index = int([line for line in lines if line.startswith("index ")][0][6:])
            place, last, node = index, int(size) - 1, sha(b"\0" + entry)
            holds = signed == note and index <= last and json.loads(entry)["seq"] == index
            for line in lines:
                if " " in line:
                    continue
                sibling = base64.b64decode(line)
                holds = holds and last > 0
                if place % 2 == 1 or place == last:
                    node = sha(b"\1" + sibling + node)
                    while place % 2 == 0 and place > 0:
                        place, last = place >> 1, last >> 1
                else:
                    node = sha(b"\1" + node + sibling)
                place, last = place >> 1, last >> 1
            if not holds or last != 0 or base64.b64encode(node).decode() != root:
                sys.exit(f"{name} is NOT proved to be in the log")
            count += 1
        print(count, "entries are in the tree of", size, "with the signed root", root)
        END
        """#

    /// Takes the signature, the signed text and the key apart as openssl wants them (C2SP signed-note; RFC 8410).
    static let signature = #"""
        python3 - <<'END'
        import base64, sys

        text, signatures = open("checkpoint", "rb").read().split(b"\n\n", 1)
        for vkey in open("vkeys", encoding="utf-8"):
            name, number, key = vkey.strip().split("+", 2)
            key = base64.b64decode(key)
            for line in signatures.decode().splitlines():
                signer, value = line.split(" ")[1:3]
                value = base64.b64decode(value)
                if (signer, value[:4].hex(), key[0]) == (name, number, 1):
                    open("signed-text", "wb").write(text + b"\n")
                    open("signature", "wb").write(value[4:])
                    open("key.der", "wb").write(bytes.fromhex("302a300506032b6570032100") + key[1:])
                    print("signed with", vkey.strip())
                    sys.exit()
        sys.exit("no key in vkeys has signed the checkpoint: add the log's present key to that file, a line of its own")
        END
        openssl pkeyutl -verify -pubin -keyform DER -inkey key.der -rawin -in signed-text -sigfile signature
        """#
}

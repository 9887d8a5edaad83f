import TransparencyLog

/// The text that stands first in a bundle, for whoever opens it years later.
enum EvidenceReadMe {
    static func text(_ checkpoint: Checkpoint, isPartial: Bool) -> String {
        """
        EVIDENCE BUNDLE OF AN EXCHANGE LEDGER
        账本证据包

        Log (账本):                \(checkpoint.origin)
        Entries covered (条目数):  \(checkpoint.size)
        Root (根哈希, SHA-256):    \(checkpoint.root)

        \(isPartial ? partial : whole)
        This file is an ordinary tar archive. To unpack it and to see that no byte of it was damaged:

            tar -xf FILE
            sha256sum -c \(ArchiveWriter.manifestName)

        Members:

            checkpoint     what the log has signed: its name, the number of entries, the root of the tree over them
                           (base64), and the signatures of the log and of witnesses. Formats: c2sp.org/tlog-checkpoint,
                           c2sp.org/signed-note, c2sp.org/tlog-cosignature
            trust-policy   if there: whom the bundle's maker trusted (c2sp.org/tlog-policy). Use one of your own
            vkeys          if there: the log's keys as the maker knew them. Get them by another way
            \(isPartial ? partialMembers : wholeMembers)
            \(ArchiveWriter.manifestName)     SHA-256 of every file above

        How an entry is bound to the root (RFC 6962, section 2.1): the leaf is SHA-256 of a zero byte and the entry; a
        node is SHA-256 of a byte with the value 1, the left child and the right child. Every entry is one line of JSON
        that begins with "prev", the leaf of the entry before it, and "seq", its number from 0.

        The program hexi-audit checks all of it at once:

            hexi-audit verify FILE --policy YOUR-POLICY

        本文件是普通的 tar 归档。解包后用 sha256sum -c \(ArchiveWriter.manifestName) 核对每个文件未被损坏;
        checkpoint 是账本运营者(及见证方)签名的检查点;每条记录的叶哈希为 SHA-256(0x00 ‖ 记录),
        节点哈希为 SHA-256(0x01 ‖ 左 ‖ 右),全部记录可推出检查点中的根哈希。验证所用的公钥与信任策略请另行取得。

        """
    }

    private static let whole = """
        It holds the whole ledger up to that checkpoint. 本证据包包含检查点覆盖的全部条目。

        """

    private static let partial = """
        It holds single entries of the ledger, each with the proof that it is in it. 本证据包包含部分条目及其存在性证明。

        """

    private static let wholeMembers = """
        tile/entries/  the entries, 256 to a file, each after its length in two bytes, the higher first
                           (c2sp.org/tlog-tiles). Unpacked below a web server they are a mirror of the log
        """

    private static let partialMembers = """
        entries/       N.json is entry N as the log recorded it; N.tlog-proof is its proof (c2sp.org/tlog-proof)
        """
}

import TransparencyLog

/// The text that stands first in a bundle, for whoever opens it years later: what it is, and how to check it with and
/// without this program. The commands in it are run by a test as they stand.
enum EvidenceReadMe {
    static func text(_ checkpoint: Checkpoint, isPartial: Bool, remarks: [String] = []) -> String {
        """
        EVIDENCE BUNDLE OF AN EXCHANGE LEDGER
        账本证据包

        Log (账本):                \(checkpoint.origin)
        Entries covered (条目数):  \(checkpoint.size)
        Root (根哈希, SHA-256):    \(checkpoint.root)

        \(isPartial ? partial : whole)
        \(remarks.map { printable($0) + "\n\n" }.joined())1. WHAT IS IN IT  内容

        This file is an ordinary tar archive; "tar -xf" unpacks it.

            checkpoint     what the log has signed: its name, the number of entries, the root of the tree over them
                           (base64), and the signatures of the log and of witnesses. Formats: c2sp.org/tlog-checkpoint,
                           c2sp.org/signed-note, c2sp.org/tlog-cosignature
            trust-policy   if there: whom the bundle's maker trusted (c2sp.org/tlog-policy). Use one of your own
            vkeys          if there: the log's keys as the maker knew them. Get them by another way and compare
            \(isPartial ? partialMembers : wholeMembers)
            \(ArchiveWriter.manifestName)     SHA-256 of every file above

        An entry is bound to the root by RFC 6962, section 2.1: the leaf is SHA-256 of a zero byte and the entry; a node is
        SHA-256 of a byte with the value 1, the left child and the right child. Every entry is one line of JSON that begins
        with "prev", the leaf of the entry before it, and "seq", its number from 0. The statement in it is signed by those
        who made it (RFC 7515, Ed25519); the entries that register their keys are in the ledger too.

        checkpoint 是账本运营者(及见证方)签名的检查点;每条记录的叶哈希为 SHA-256(0x00 ‖ 记录),节点哈希为
        SHA-256(0x01 ‖ 左 ‖ 右),全部记录可推出检查点中的根哈希。公钥与信任策略请另行取得并比对。

        2. CHECK IT WITH hexi-audit  用 hexi-audit 核验

            hexi-audit check FILE --policy YOUR-POLICY

        It needs no network and no clock. Exit code 0 means that it holds. 无需联网;退出码 0 表示成立。

        3. CHECK IT WITHOUT ANY PROGRAM OF OURS  不用我方任何程序核验

        Unpack the archive and paste these commands in its folder, in a POSIX shell. They need sha256sum, openssl and
        python3 (its standard library only). 解包后在该目录内逐段执行即可。

        Every file is as it was packed 各文件未被损坏:

        ```sh
        sha256sum --strict -c \(ArchiveWriter.manifestName)
        ```

        \(isPartial ? "Each entry is in the tree with the signed root 各条目均在签名的树中" : "The entries, in this order, lead to the signed root 全部条目可推出签名的根"):

        ```sh
        \(isPartial ? EvidenceScripts.entries : EvidenceScripts.ledger)
        ```

        The log's key has signed that root 根由账本公钥签名:

        ```sh
        \(EvidenceScripts.signature)
        ```

        The last one takes the key from vkeys. Compare it with the key that the log's operator has given you or has
        published elsewhere: this shows who signed only as far as you know whose key it is. 请核对公钥来源。

        """
    }

    /// What others have written must not look like parts of this text.
    private static func printable(_ remark: String) -> String {
        var text = ""
        for scalar in remark.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: text.unicodeScalars.append("\u{FFFD}")
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static let whole = """
        It holds the whole ledger up to that checkpoint. 本证据包包含检查点覆盖的全部条目。

        """

    private static let partial = """
        It holds single entries of the ledger, each with the proof that it is in it. It shows nothing about the others.
        本证据包包含部分条目及其存在性证明,对其他条目不作任何说明。

        """

    private static let wholeMembers = """
        tile/entries/  the entries, 256 to a file, each after its length in two bytes, the higher first
                           (c2sp.org/tlog-tiles). Unpacked below a web server they are a mirror of the log
        """

    private static let partialMembers = """
        entries/       N.json is entry N as the log recorded it; N.tlog-proof is its proof (c2sp.org/tlog-proof)
        """
}

import CCurl
import CJansson
import CMicroHTTPD
import COpenSSL
import CSQLite
import CSeccomp
import CSodium

/// The versions of the C libraries that the program runs with.
enum LibraryVersions {
    static var all: [(name: String, version: String)] {
        var versions = [
            ("OpenSSL", text(OpenSSL_version(0))), ("libsodium", text(sodium_version_string())),
            ("SQLite", text(sqlite3_libversion())), ("libmicrohttpd", text(MHD_get_version())),
            ("libcurl", text(curl_version())), ("jansson", text(jansson_version_str())),
        ]
        if let seccomp = seccomp_version()?.pointee {
            versions.append(("libseccomp", "\(seccomp.major).\(seccomp.minor).\(seccomp.micro)"))
        }
        return versions
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map { String(cString: $0) } ?? "unknown" }
}

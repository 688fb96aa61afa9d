// SPDX-License-Identifier: Apache-2.0

/// Names of environment variables that carry tokens.
package enum VariableName {
    /// This program's own limit; no reader of environment files has a lower one.
    package static let byteLimit = 255

    /// `[A-Z_][A-Z0-9_]*`.
    package static func isWellFormed(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.count <= byteLimit
            && name.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    /// A brand's name in the form of a variable's name: in upper case, with `_` for `.` and `-`.
    package static func part(for brandName: String) -> String {
        String(
            decoding: brandName.utf8.map { byte in
                switch byte {
                case 0x61...0x7A: byte - 0x20
                case 0x2D, 0x2E: 0x5F
                default: byte
                }
            }, as: UTF8.self)
    }

    /// Whether a program that loads the file would change its behaviour because of this name: its search paths, loaded
    /// code, trusted certificates or connections. The lists follow environ(7), ld.so(8), the manuals of the shells and
    /// interpreters, and the variables that libcurl, OpenSSL, Git and container tools read.
    package static func isReserved(_ name: String) -> Bool {
        if reserved.contains(name) { return true }
        return name.hasSuffix("_PROXY")
            || reservedPrefixes.contains { name.utf8.first == $0.utf8.first && name.hasPrefix($0) }
    }

    private static let reserved: Set<String> = [
        "PATH", "IFS", "ENV", "CDPATH", "FPATH", "HOME", "SHELL", "SHELLOPTS", "BASHOPTS", "PWD", "OLDPWD",
        "USER", "LOGNAME", "UID", "EUID", "PPID", "MAIL", "TERM", "TMPDIR", "TZ", "LANG", "LANGUAGE", "NLSPATH",
        "EDITOR", "VISUAL", "PAGER", "BROWSER", "OPTIND", "OPTARG", "PS1", "PS2", "PS4", "PROMPT_COMMAND",
        "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "LOCPATH", "MALLOC_CHECK_",
        "SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES", "CURL_CA_BUNDLE", "CURL_HOME",
        "REQUESTS_CA_BUNDLE", "CLASSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "_JAVA_OPTIONS",
        "KUBECONFIG", "KUBERNETES_MASTER", "INVOCATION_ID", "NOTIFY_SOCKET", "JOURNAL_STREAM", "LISTEN_FDS",
        "LISTEN_PID", "CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "SSH_AUTH_SOCK", "SSH_ASKPASS",
    ]

    private static let reservedPrefixes = [
        "LD_", "DYLD_", "GLIBC_", "MALLOC_", "BASH_", "ZDOTDIR", "PYTHON", "PERL", "RUBY", "GEM_", "NODE_", "NPM_",
        "SSL_CERT_", "GIT_", "DOCKER_", "LC_", "XDG_", "SWIFT_", "LUA_", "PHP_INI", "PHPRC", "DOTNET_", "CORECLR_",
    ]
}

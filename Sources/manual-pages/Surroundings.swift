// SPDX-License-Identifier: Apache-2.0

/// The variables and files that the program meets. A test holds the names against the program's sources.
///
/// The page of the program itself tells all of them, a command's page those that the command's own words name.
enum Surroundings {
    static let environment: [(name: String, meaning: String)] = [
        (
            "CREDENTIALS_DIRECTORY",
            "The directory of the secrets that the configuration names by `credential`. systemd sets it for LoadCredential=."
        ),
        ("DOKU_TOKEN_ROTATOR_CONFIG", "The configuration file, where the command line names none."),
        (
            "JOURNAL_STREAM",
            "systemd sets it. Where it names the program's standard error, lines carry the journal's priorities."
        ),
        (
            "KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT",
            "Where the API server is, for `kubernetes_secret`. Kubernetes sets them in every pod."
        ),
        (
            "NO_COLOR, TERM",
            "Where the first is set and not empty, tables have no colours; where the second is dumb or not set, a terminal gets no line of progress either."
        ),
        ("PATH", "Where programs are looked for that the configuration names without a slash."),
        (
            "STATE_DIRECTORY",
            "Where a run keeps what is still to be delivered, where the configuration's `state_dir` names no directory. systemd sets it for StateDirectory=."
        ),
        ("SSLKEYLOGFILE", "Removed, so that no keys of a connection are ever written down."),
        (
            "https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY",
            "The proxy, where the configuration names none. It is never used for an endpoint on loopback by http://."
        ),
        ("no_proxy, NO_PROXY", "Hosts that are reached without that proxy."),
    ]

    static let files: [(path: String, meaning: String)] = [
        (
            "/etc/doku-token-rotator/config.yaml",
            "The configuration, where neither the command line nor $DOKU_TOKEN_ROTATOR_CONFIG names another one. A run holds a lock on it."
        ),
        (
            "/var/run/secrets/kubernetes.io/serviceaccount",
            "In a pod: the token that `kubernetes_secret` is written with, the cluster's authority, and the pod's namespace. Read anew by each run."
        ),
        (
            ".NAME.0123456789abcdef.tmp",
            "Beside an output NAME: what is not yet published. Where a run was killed and left one, the next run removes it."
        ),
    ]

    /// ENVIRONMENT; for a text, as far as it names the variables.
    static func environmentLines(namedIn text: String? = nil) -> [String] {
        let told = environment.filter { text?.contains("$" + $0.name) ?? true }
        return ManualSection.list(
            told.map { entry in
                let names = entry.name.split(separator: ", ").map { "Ev " + ManualText.argument($0) }
                return (names.joined(separator: " , "), ManualText.lines(entry.meaning))
            })
    }

    /// FILES; for a text, as far as it names the paths.
    static func fileLines(namedIn text: String? = nil) -> [String] {
        let told = files.filter { text?.contains($0.path) ?? true }
        return ManualSection.list(told.map { ("Pa " + ManualText.argument($0.path), ManualText.lines($0.meaning)) })
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The environment variables and the files that the program reads. A test compares the variables with the sources.
///
/// The program's page lists all of them. Other pages list those that their own text names.
enum Surroundings {
    static let configurationFile = "/etc/doku-token-rotator/config.yaml"

    private static let environment: KeyValuePairs = [
        "CREDENTIALS_DIRECTORY":
            "The directory of the secrets that the configuration names by `credential`. systemd sets it for LoadCredential=.",
        "DOKU_TOKEN_ROTATOR_CONFIG": "The configuration file, if the command line names none.",
        "JOURNAL_STREAM":
            "systemd sets it. If it names the program's standard error, each line carries a priority for the journal.",
        "KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT":
            "The address of the API server, for `kubernetes_secret`. Kubernetes sets both in every pod.",
        "NO_COLOR, TERM":
            "Tables have no colours if NO_COLOR is set and not empty. Without TERM, or if TERM is dumb, a terminal gets no colours and no progress line.",
        "PATH": "The directories in which the run looks for programs that the configuration names without a slash.",
        "STATE_DIRECTORY":
            "The directory for hooks that are still pending, if the configuration has no `state_dir`. systemd sets it for StateDirectory=.",
        "SSLKEYLOGFILE": "Removed, so that the keys of TLS connections are never written to a file.",
        "XDG_CONFIG_HOME, HOME":
            "For users other than root: the configuration is doku-token-rotator/config.yaml in $XDG_CONFIG_HOME, or in .config of $HOME, if this file exists.",
        "https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY":
            "The proxy, if the configuration names none. An http:// endpoint on loopback never uses it.",
        "no_proxy, NO_PROXY": "Hosts that are reached without that proxy.",
    ]

    private static let files: KeyValuePairs = [
        configurationFile:
            "The configuration, if neither the command line nor $DOKU_TOKEN_ROTATOR_CONFIG names another file. A run locks it.",
        "/var/run/secrets/kubernetes.io/serviceaccount":
            "In a pod: the token for writing `kubernetes_secret`, the certificate authority of the cluster, and the namespace. Each run reads them again.",
        ".NAME.0123456789abcdef.tmp":
            "A new version of the output NAME, in the same directory, before publication. If a killed run left such a file, the next run removes it.",
    ]

    /// - Parameter text: nil lists all variables.
    static func environment(namedIn text: String?) -> [String] {
        list(environment, "Ev ") { text?.contains("$" + $0) ?? true }
    }

    /// - Parameter text: nil lists all files.
    static func files(namedIn text: String?) -> [String] {
        list(files, "Pa ") { text?.contains($0) ?? true }
    }

    private static func list(
        _ entries: KeyValuePairs<String, String>, _ macro: String, where isNamed: (String) -> Bool
    ) -> [String] {
        Mdoc.list(
            entries.filter { isNamed($0.key) }.map { names, meaning in
                let heading = names.split(separator: ", ").map { macro + Mdoc.argument($0) }.joined(separator: " , ")
                return (heading, Mdoc.lines(meaning))
            })
    }
}

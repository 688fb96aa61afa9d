// SPDX-License-Identifier: Apache-2.0

internal import Model

/// A file that a run reads. No output may replace it.
enum RunInput {
    case configuration
    case secret
    case trust

    var words: String {
        switch self {
        case .configuration: "the configuration file itself"
        case .secret: "a secret file"
        case .trust: "the CA certificate file"
        }
    }
}

// The files are passed one by one, because a list for ten thousand brands would be large.
extension Configuration {
    /// Passes every file that a run over all brands may publish.
    func forEachFile(_ body: (_ path: String, SymlinkPolicy) -> Void) {
        for brand in brands {
            for output in brand.outputs { body(output.path, output.symlinks) }
        }
        for snippet in snippets { body(snippet.path, snippet.symlinks) }
    }

    /// Passes every file that a run only reads.
    func forEachInput(_ body: (_ path: String, RunInput) -> Void) {
        if !file.isEmpty { body(file, .configuration) }
        if let path = tls.caFile { body(path, .trust) }
        for brand in brands {
            if case .file(let path) = brand.secret { body(path, .secret) }
        }
        if case .file(let path) = report.ping?.url { body(path, .secret) }
    }
}

// SPDX-License-Identifier: Apache-2.0

internal import Model

// The files are passed one by one, because a list for ten thousand brands would be large.
extension Configuration {
    /// Passes every file that a run over all brands may publish.
    func forEachFile(_ body: (_ path: String, SymlinkPolicy) -> Void) {
        for brand in brands {
            for output in brand.outputs { body(output.path, output.symlinks) }
        }
        for snippet in snippets { body(snippet.path, snippet.symlinks) }
    }

    /// Passes every file that a run only reads, with words for messages. No output may replace it.
    func forEachInput(_ body: (_ path: String, _ words: String) -> Void) {
        if !file.isEmpty { body(file, "the configuration file itself") }
        if let path = tls.caFile { body(path, "the CA certificate file") }
        for brand in brands {
            if case .file(let path) = brand.secret { body(path, "a secret file") }
        }
        if case .file(let path) = report.ping?.url { body(path, "a secret file") }
    }
}

// SPDX-License-Identifier: Apache-2.0

internal import Model

/// A file that a run reads, and that no output may replace.
package enum RunInput: Sendable {
    case configuration
    case secret
    case trust

    var words: String {
        switch self {
        case .configuration: "the configuration file itself"
        case .secret: "the file of a secret"
        case .trust: "the file of certificates"
        }
    }
}

// Passed one by one: of ten thousand brands, a list would be large.
extension Configuration {
    /// Passes every file that a run over these brands may publish.
    func forEachFile(of brands: some Sequence<Int>, _ body: (_ path: String, SymlinkPolicy) -> Void) {
        for index in brands {
            for output in self.brands[index].outputs { body(output.path, output.symlinks) }
        }
        for snippet in snippets { body(snippet.path, snippet.symlinks) }
    }

    /// Passes every file that a run reads besides its outputs.
    func forEachInput(_ body: (_ path: String, RunInput) -> Void) {
        if !file.isEmpty { body(file, .configuration) }
        if let path = tls.caFile { body(path, .trust) }
        for index in brands.indices {
            if case .file(let path) = brands[index].secret { body(path, .secret) }
        }
        if case .file(let path) = report.ping?.url { body(path, .secret) }
    }
}

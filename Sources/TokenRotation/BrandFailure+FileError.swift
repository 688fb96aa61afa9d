// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model

extension BrandFailure {
    /// What a file's error means for the brand that has it.
    /// - Parameter code: of what has no code of its own.
    init(_ code: Code, _ error: FileError) {
        self.init(error.reason == .hanging ? .diskHangs : code, "\(error)")
    }
}

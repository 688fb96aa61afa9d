// SPDX-License-Identifier: Apache-2.0

/// A program that is run once after a run's writes, such as one that makes a service read its new token.
package struct Hook: Sendable, Equatable {
    /// When it is run.
    package enum Trigger: String, Sendable, CaseIterable {
        /// A token of one of its brands was published.
        case changed
        /// One of its brands failed.
        case failed
        case always
    }

    /// Of the form of a brand's name, unique among the hooks.
    package let name: String
    /// The program, absolute or looked up in `PATH`, and its arguments; no shell looks at them.
    package let argv: [String]
    package let trigger: Trigger
    /// Indexes into ``Configuration/brands``; nil for all.
    package let brands: Set<Int>?
    package let timeout: Duration

    package init(name: String, argv: [String], trigger: Trigger, brands: Set<Int>?, timeout: Duration) {
        self.name = name
        self.argv = argv
        self.trigger = trigger
        self.brands = brands
        self.timeout = timeout
    }

    /// Whether a brand is one of its own.
    func concerns(_ brand: Int) -> Bool { brands?.contains(brand) ?? true }
}

// SPDX-License-Identifier: Apache-2.0

/// One file that holds one brand's token.
package struct TokenOutput: Sendable, Equatable {
    package let path: String
    package let form: Form

    package var format: OutputFormat { form.format }
    package var attributes: FileAttributes { form.attributes }
    package var symlinks: SymlinkPolicy { form.symlinks }

    package init(path: String, form: Form) {
        self.path = path
        self.form = form
    }

    /// The format and attributes of an output. Outputs with the same form share one object.
    package final class Form: Sendable, Equatable {
        package let format: OutputFormat
        package let attributes: FileAttributes
        package let symlinks: SymlinkPolicy

        package init(format: OutputFormat, attributes: FileAttributes, symlinks: SymlinkPolicy) {
            self.format = format
            self.attributes = attributes
            self.symlinks = symlinks
        }

        package static func == (left: Form, right: Form) -> Bool {
            left === right
                || (left.format, left.attributes, left.symlinks) == (right.format, right.attributes, right.symlinks)
        }
    }
}

/// The content of an output's file.
package enum OutputFormat: Sendable, Equatable {
    /// The token alone.
    case raw(newline: Bool)
    /// `Authorization: Bearer …`, for `curl -H @file`.
    case header
    /// `{"brand","client_id","token","issued_at","expires_at"}`.
    case json
    /// One variable assignment.
    case environment(dialect: EnvironmentDialect, variable: String)

    /// The values of `format` in the configuration.
    package enum Name: String, CaseIterable {
        case raw, header, json, env
    }

    /// The format with this name; nil if it has keys of its own.
    package init?(_ name: Name) {
        switch name {
        case .header: self = .header
        case .json: self = .json
        case .raw, .env: return nil
        }
    }
}

/// The reader that an environment file is written for.
package enum EnvironmentDialect: String, Sendable, CaseIterable {
    /// systemd's `EnvironmentFile=`.
    case systemd
    /// Sourced by a POSIX shell; variables are exported.
    case posix
    /// `docker run --env-file`.
    case docker
    /// dotenv libraries and `node --env-file`.
    case dotenv
}

/// Mode, owner and group of a published file. Names are resolved when a run begins.
package struct FileAttributes: Sendable, Hashable {
    /// Permission bits, at most 0o777.
    package var mode: UInt32
    /// A user's name or number; nil for the process's own user.
    package var owner: String?
    package var group: String?

    /// By default, only the process's user can read the token.
    package init(mode: UInt32 = 0o600, owner: String? = nil, group: String? = nil) {
        self.mode = mode
        self.owner = owner
        self.group = group
    }
}

/// What to do with an output whose path is a symbolic link.
package enum SymlinkPolicy: String, Sendable, CaseIterable {
    case refuse
    /// Replace the file that the link points to.
    case follow
}

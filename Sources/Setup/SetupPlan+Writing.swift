// SPDX-License-Identifier: Apache-2.0

internal import DurableFiles
internal import Model

extension SetupPlan {
    /// Creates everything, after a check that nothing would be overwritten. A directory for secrets or tokens that
    /// exists gets its owner and mode.
    /// - Throws: ``SetupProblem`` about this host.
    package func write() throws(SetupProblem) {
        do {
            try checkPlaces()
            let isNew = try FileKind.at(directory) == nil
            try Directory.create(directory)
            // This also refuses a directory in which another user could replace files.
            let opened = try Directory(path: directory)
            if isNew { try opened.setAttributes(PublishedAttributes(mode: 0o755)) }
            for item in items { try create(item) }
        } catch let problem as SetupProblem {
            throw problem
        } catch {
            let isForbidden = (error as? FileError)?.reason == .notPermitted
            throw SetupProblem(
                .configuration,
                "\(error)" + (isForbidden ? "; run init as root, or name a directory of your own" : ""))
        }
    }

    private func checkPlaces() throws {
        switch try FileKind.at(directory) {
        case nil, .directory: break
        case .symlink:
            throw SetupProblem(
                .configuration, "\(directory) is a symbolic link, which may lead elsewhere later; name its target")
        case let kind?:
            throw SetupProblem(.configuration, "\(directory) is \(kind.rawValue); name a directory")
        }
        // The configuration is the last one, and the one to name first.
        for item in items.reversed() {
            guard let kind = try FileKind.at(item.path), item.text != nil || kind != .directory else { continue }
            throw Self.exists(item)
        }
    }

    private static func exists(_ item: Item) -> SetupProblem {
        SetupProblem(
            .configuration,
            "\(item.path) exists, and init overwrites nothing; edit it, or move it away and run init again")
    }

    private func create(_ item: Item) throws {
        guard let text = item.text else {
            try Directory.create(item.path)
            return try Directory(path: item.path, use: .reading).setAttributes(item.attributes)
        }
        let location = try FileLocation(path: item.path)
        try Directory.create(location.directory)
        let directory = try Directory(path: location.directory)
        guard try directory.create(Array(text.utf8), name: location.name, attributes: item.attributes) else {
            throw Self.exists(item)
        }
        try directory.synchronize()
    }
}

// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import Settings

/// The YAML reader with the configuration on top. Any bytes are either a configuration that keeps its promises, or
/// problems with a place, in one printable line each.
func fuzzConfiguration(_ bytes: [UInt8]) {
    do throws(InvalidConfiguration) {
        let configuration = try ConfigurationReader.read(bytes, file: "/etc/fuzz/config.yaml", isPrivate: true)
        require(!configuration.brands.isEmpty, "a configuration without brands")
        require(
            configuration.endpoint.scheme == "https" || configuration.endpoint.url.hasPrefix("http://"),
            "another scheme")
        require((1...1024).contains(configuration.concurrency), "concurrency out of bounds")
        require((1...10).contains(configuration.attempts), "attempts out of bounds")
        require(configuration.deadline > .zero && configuration.runEvery > .zero, "a time that is not positive")
        var names: Set<String> = []
        var paths: Set<String> = []
        for brand in configuration.brands {
            require(names.insert(brand.name).inserted, "two brands of one name")
            require(
                brand.name.wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,62}/) != nil && !brand.name.contains(".."),
                "a brand's name of another form")
            require(VisibleText.isVisibleASCII(brand.clientID), "a Client-Id with other characters")
            for output in brand.outputs {
                require(paths.insert(output.path).inserted, "two outputs on one path")
                require(output.path.hasPrefix("/"), "a relative path")
                require(!VisibleText.hasDeceptive(output.path), "a path with deceptive characters")
                require(output.attributes.mode & 0o002 == 0, "a token that everybody may replace")
            }
        }
        for snippet in configuration.snippets {
            require(paths.insert(snippet.path).inserted, "two files on one path")
            require(
                Set(snippet.entries.map(\.variable)).count == snippet.entries.count, "two brands in one variable")
            require(
                snippet.entries.allSatisfy { entry in configuration.brands.contains { $0 === entry.brand } },
                "no such brand")
        }
    } catch {
        require(!error.problems.isEmpty, "refused without a reason")
        for problem in error.problems {
            require(problem.line >= 1 && problem.column >= 1, "a problem without a place")
        }
        for line in error.lines {
            require(!VisibleText.hasDeceptive(line), "a message with deceptive characters")
            require(line.utf8.count < 4096, "a message without end")
        }
    }
}

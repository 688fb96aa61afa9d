// SPDX-License-Identifier: Apache-2.0

import Settings
import Testing

@Suite struct ConfigurationLocationTests {
    @Test(arguments: [
        (false, ["HOME": "/home/ani"], "/home/ani/.config/doku-token-rotator"),
        (false, ["HOME": "/home/ani", "XDG_CONFIG_HOME": "/srv/ani"], "/srv/ani/doku-token-rotator"),
        (false, ["HOME": "/home/ani", "XDG_CONFIG_HOME": "relative"], "/home/ani/.config/doku-token-rotator"),
        (false, ["HOME": "/home/ani", "XDG_CONFIG_HOME": ""], "/home/ani/.config/doku-token-rotator"),
        (false, [:], "/etc/doku-token-rotator"), (false, ["HOME": ""], "/etc/doku-token-rotator"),
        (true, ["HOME": "/root", "XDG_CONFIG_HOME": "/root/x"], "/etc/doku-token-rotator"),
    ])
    func `a user's own directory comes from the environment, root's is the system's`(
        isRoot: Bool, environment: [String: String], directory: String
    ) {
        let location = ConfigurationLocation(
            isRoot: isRoot, chosen: nil, configurationHome: environment["XDG_CONFIG_HOME"], home: environment["HOME"])
        #expect(location.directory == directory)
        #expect(location.path { _ in true } == "\(directory)/config.yaml")
        #expect(location.path { _ in false } == "/etc/doku-token-rotator/config.yaml")
    }

    @Test func `the variable of the program comes first`() {
        let location = ConfigurationLocation(
            isRoot: false, chosen: "chosen.yaml", configurationHome: nil, home: "/home/ani")
        #expect(location.path { _ in true } == "chosen.yaml")
    }
}

// SPDX-License-Identifier: Apache-2.0

import Model
import Settings
import Testing

@Suite struct VariableNameTests {
    @Test(arguments: ["A", "_", "DOKU_TOKEN", "A1", "_1", String(repeating: "A", count: 255)])
    func `a variable's name is upper case`(name: String) {
        #expect(VariableName.isWellFormed(name))
    }

    @Test(arguments: ["", "1A", "a", "A-B", "A.B", "A B", "Ä", "A=B", "A\n", "A\0", String(repeating: "A", count: 256)])
    func `another variable's name is refused`(name: String) {
        #expect(!VariableName.isWellFormed(name))
    }

    @Test(arguments: [
        "PATH", "IFS", "ENV", "BASH_ENV", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "PYTHONPATH", "PYTHONSTARTUP",
        "NODE_OPTIONS", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "SSLKEYLOGFILE", "HOME", "SHELL", "PERL5LIB", "PERL5OPT", "RUBYOPT", "GIT_SSH_COMMAND", "GIT_DIR",
        "DOCKER_HOST",
        "OPENSSL_CONF", "CURL_CA_BUNDLE", "GLIBC_TUNABLES", "BASH_FUNC_X", "PROMPT_COMMAND", "JAVA_TOOL_OPTIONS",
    ])
    func `a name that programs act on is reserved`(name: String) {
        #expect(VariableName.isReserved(name))
    }

    @Test(arguments: [
        "DOKU_TOKEN", "TOKEN", "MY_PATH", "PATHS", "PROXY_TOKEN", "BATIK_NUSANTARA", "A_PROXY_B", "HOME_TOKEN",
    ])
    func `a name of one's own is free`(name: String) {
        #expect(!VariableName.isReserved(name))
    }

    @Test func `a brand's name becomes part of a variable's`() {
        #expect(VariableName.part(for: "kopi-senja.2_x") == "KOPI_SENJA_2_X")
    }
}

#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`profile new` and `profile check`, as an engineer runs them."""
import os
import re
import unittest

import test_cli


class Profiles(test_cli.CliTest):
    def text(self, name):
        return self.read(name).decode()

    def test_new_profile(self):
        new = ["profile", "new", "m1"]
        self.good(self.run_tool(*new))
        self.good(self.run_tool("profile", "check", "m1.yaml"))
        before = self.text("m1.yaml")
        self.fails(self.run_tool(*new), 4, "STATION_EXISTS")
        self.assertEqual(self.text("m1.yaml"), before)
        # every key that may be left out is there as well, and good
        self.write("all.yaml", re.sub("(?m)^#(?=[a-z])", "", before))
        row, = self.good(self.run_tool("profile", "check", "--json",
                                       "all.yaml")).rows("profile")
        self.assertEqual((row["tacs"], row["links"], row["root"]),
                         (["00101700"], ["usb", "serial"], "root.pem"))
        self.fails(self.run_tool("profile", "new", "a/b"), 1, "FILE")
        self.fails(self.run_tool("profile", "new", "a\\b", "x.yaml"), 1,
                   "ASCII")
        self.assertFalse(os.path.exists(self.path("x.yaml")))

    def test_new_profile_for_production(self):
        self.good(self.run_tool("profile", "new", "m1", "--class",
                                "production", "p.yaml"))
        self.fails(self.run_tool("profile", "check", "p.yaml"), 4,
                   "PROFILE_FORMAT", "final_process: is not filled in yet")
        text = self.text("p.yaml").replace("final_process: FILL-IN",
                                           "final_process: x")
        self.write("p.yaml", text)
        self.fails(self.run_tool("profile", "check", "p.yaml"), 4,
                   "PROFILE_FORMAT", "slots: is not filled in yet")
        self.write("p.yaml", text.replace("slots: FILL-IN", "slots: 2"))
        row, = self.good(self.run_tool("profile", "check", "--json",
                                       "p.yaml")).rows("profile")
        self.assertEqual((row["class"], row["slots"]), ("production", 2))

    def test_profiles_that_overlap(self):
        for name in ("m1", "m2", "m3"):
            self.good(self.run_tool("profile", "new", name))
        self.good(self.run_tool("profile", "check", "m1.yaml", "m2.yaml"))
        self.fails(self.run_tool("profile", "check", "m1.yaml", "m2.yaml",
                                 "m1.yaml"), 4, "PROFILE_OVERLAP",
                   "m1.yaml and m1.yaml fit the same units")
        for name in ("m2", "m3"):
            self.write(name + ".yaml", self.text(name + ".yaml").replace(
                "#tacs", "tacs"))
        self.fails(self.run_tool("profile", "check", "m1.yaml", "m2.yaml",
                                 "m3.yaml"), 4, "PROFILE_OVERLAP",
                   "m2.yaml and m3.yaml both list TAC 00101700")


if __name__ == "__main__":
    unittest.main()

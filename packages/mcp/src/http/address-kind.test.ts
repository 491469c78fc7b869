import { expect, test } from "vitest";
import { addressKind } from "./address-kind.ts";

test.each([
  ["8.8.8.8", "public"],
  ["172.15.255.255", "public"],
  ["172.32.0.1", "public"],
  ["100.63.255.255", "public"],
  ["100.128.0.1", "public"],
  ["169.253.1.1", "public"],
  ["223.255.255.255", "public"],
  ["2606:4700::1111", "public"],
  ["::ffff:8.8.8.8", "public"],
  ["64:ff9b::8.8.8.8", "public"],
  ["2002:808:808::1", "public"],
  ["127.9.9.9", "loopback"],
  ["::1", "loopback"],
  ["::ffff:7f00:1", "loopback"],
  ["10.0.0.1", "private"],
  ["fd00::1", "private"],
  ["100.64.0.1", "private"],
  ["100.100.100.200", "special"],
  ["169.254.169.254", "special"],
  ["fe80::1", "special"],
  ["fe80::1%eth0", "special"],
  ["::", "special"],
  ["::127.0.0.1", "special"],
  ["64:ff9b:1::8.8.8.8", "special"],
  ["2001:0:808:808::", "special"],
  ["localhost", undefined],
  ["127.1", undefined],
  ["", undefined],
])("%s is %s", (address, kind) => {
  expect(addressKind(address)).toBe(kind);
});

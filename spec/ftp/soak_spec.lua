-- FTP transfers over links that break and programs that are killed, by seed. `make soak-ftp SEEDS=n` runs more of them, and
-- FIRST=n the one of a number.

local Soak = require "support.ftp_soak"

describe("FTP transfers", function()
  local soak

  setup(function() soak = Soak.start() end)
  teardown(function() soak:close() end)

  local first, count = tonumber(os.getenv "HAYES_SOAK_FIRST" or 1), tonumber(os.getenv "HAYES_SOAK_SEEDS" or 60)

  it("end with the right bytes, whatever breaks: seeds " .. first .. " to " .. first + count - 1, function()
    soak.tells = os.getenv "HAYES_SOAK_SEEDS" ~= nil
    soak:run(first, first + count - 1)
    if soak.tells then io.stderr:write(soak:summary(), "\n") end
    assert.are.same({}, soak.failures)
  end)
end)

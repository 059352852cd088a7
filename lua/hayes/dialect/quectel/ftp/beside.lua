--- Uploads that leave the server's file alone until they are whole: they are stored next to it, and then take its
--- place.

local call = require "hayes.dialect.quectel.ftp.call"
local errors = require "hayes.error"
local remote = require "hayes.dialect.quectel.ftp.remote"

local beside = {}

--- What is added to the name of the file whose place an upload will take, and to that file's own name while it does.
local PART, AWAY = ".part", ".hayes-old"

--- Bytes of the longest path.
local LONGEST = 255

--- The error for a file that is to be left alone.
---@param upload table
---@param there integer its size
---@return hayes.error
function beside.refusal(upload, there)
  local words = "%s: the server has a file of %d bytes there that is not known to be a part of this"
  return errors.new { name = "exists", origin = "ftp", server_bytes = there, local_bytes = upload.source.size,
    message = words:format(upload.doing, there),
    hint = "existing = \"beside\" stores next to it and then takes its place; \"replace\" writes over it." }
end

--- From now on the upload goes next to the file; false if no path can be that long.
---@return boolean
function beside.choose(upload)
  if #upload.path + #AWAY > LONGEST then return false end
  upload.path = upload.path .. PART
  return true
end

local function act(self, name, arguments, doing)
  return call.run(self.session.modem, name, arguments, self.session.seconds, doing)
end

--- The file that was there goes, if it had to be renamed first.
local function remove_old(self)
  local away = self.final .. AWAY
  if self.is_away then act(self, "DEL", { away }, "deleting " .. away) end
end

--- What was stored beside takes the place of the file that was there. Servers that do not rename over a file have
--- that one renamed first, so that at each moment one of the two is there.
---@return true?, hayes.error?
function beside.take_place(self)
  if self.path == self.final then return true end
  self.whole = true
  local away = self.final .. AWAY
  local function rename(from, to)
    return act(self, "RENAME", { from, to }, ("renaming %s to %s"):format(from, to))
  end
  local ok, err = rename(self.path, self.final)
  if not ok and err.protocol and err.protocol >= 500 then
    self.is_away = true
    local moved, why = rename(self.final, away)
    if not moved and call.is_loss(why) then return nil, why end
    if moved then ok, err = rename(self.path, self.final) end
    if moved and not ok then rename(away, self.final) end
  end
  if ok then remove_old(self) end
  if ok or call.is_loss(err) then return ok and true, err end
  local seen = errors.within(err, ("%s is whole on the server, as %s"):format(self.source.what, self.path))
  seen.hint = "The account may not rename there: existing = \"replace\" writes over the file that is there."
  return nil, seen
end

--- The link broke while what was stored beside took its place: has it?
---@return boolean?, hayes.error?
function beside.is_done(self)
  if not self.whole then return false end
  local there, err = remote.size(self.session, self.path)
  if there ~= false then return there == nil and nil, err end
  there, err = remote.size(self.session, self.final)
  if there == nil then return nil, err end
  if there == self.last then remove_old(self) end
  return there == self.last
end

return beside

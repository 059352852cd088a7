--- Certificates and keys in a Quectel module's flash, each stored once under a name made from its content:
--- `UFS:hayes-NUMBER-HASH.pem`. The numbers count up, because the module's list of files tells no dates: the oldest of
--- ours is the one with the lowest number.
---
--- Stored files are not trusted: before a file is used for the first time, and again after a failed handshake, it is
--- read back and compared. A damaged or incomplete file (the power failed) is replaced. When the flash is full, the
--- library's oldest file that no connection uses is deleted; files with other names are never touched.

local errors = require "hayes.error"
local pem_blocks = require "hayes.tls.pem_blocks"

local Store = {}
Store.__index = Store

--- FNV-1a, 64 bits: names files by content. It protects against mix-ups; what is stored is compared as a whole.
local function fingerprint(bytes)
  local hash = 0xcbf29ce484222325
  for i = 1, #bytes do hash = (hash ~ bytes:byte(i)) * 0x100000001b3 end
  return ("%016x"):format(hash)
end

---@param modem hayes.modem
function Store.new(modem)
  return setmetatable({ modem = modem, known = {} }, Store) -- known: paths of what was compared, by hash
end

--- Forgets what is known of the flash: the module has restarted, or another program may have changed it.
function Store:forget()
  self.known = {}
end

--- Of a file's number; one of more digits is none of ours.
local MOST_DIGITS = 9

--- Our files: a list of { path, size, number, hash }, the oldest first.
local function list_ours(modem)
  local files, err = modem.file.list("UFS:hayes-*")
  if not files then return nil, err end
  local ours = {}
  for _, file in ipairs(files) do
    local name = tostring(file.name):gsub("^%u+:", "")
    local number, hash = name:match("^hayes%-(%d+)%-(%x+)%.pem$")
    if number and #number <= MOST_DIGITS then
      number = math.tointeger(tonumber(number))
      ours[#ours + 1] = { path = "UFS:" .. name, size = file.size, number = number, hash = hash }
    end
  end
  table.sort(ours, function(a, b) return a.number < b.number end)
  return ours
end

--- True if the module's file has this content; nil and an error if that cannot be determined.
local function is_stored(modem, file, pem)
  if file.size ~= #pem then return false end
  local bytes, err = modem.file.read(file.path)
  if bytes then return bytes == pem end
  -- A file that the module refuses to give out is as bad as a damaged one.
  if err.code or err.result then return false end
  return nil, err
end

--- What a text holds: "key", or "certificate"; nil if it is damaged.
local function kind_of(text)
  if pem_blocks.problem("key", text) == nil then return "key" end
  return pem_blocks.problem("ca", text) == nil and "certificate" or nil
end

--- What the library has stored, the oldest first. Each file is read, to tell its kind.
---@return { name: string, size: integer, kind: string? }[]?, hayes.error?
function Store:list()
  local ours, err = list_ours(self.modem)
  if not ours then return nil, err end
  local list = {}
  for i, file in ipairs(ours) do
    local bytes
    bytes, err = self.modem.file.read(file.path)
    if not bytes and not (err.code or err.result) then return nil, err end
    list[i] = { name = file.path, size = file.size, kind = bytes and kind_of(bytes) or nil }
  end
  return list
end

--- Deletes a file; it is stored again when it is needed.
---@param path string one of ours
---@return true?, hayes.error?
function Store:remove(path)
  for hash, known in pairs(self.known) do
    if known == path then self.known[hash] = nil end
  end
  return self.modem.file.delete(path)
end

local FULL = { [20] = true, [403] = true, [420] = true, [423] = true }

--- Deletes the oldest of ours that is not in `kept`; false when there is none.
local function make_room(self, ours, kept)
  for i, file in ipairs(ours) do
    if not kept[file.path] then
      table.remove(ours, i)
      if self.known[file.hash] == file.path then self.known[file.hash] = nil end
      return self.modem.file.delete(file.path)
    end
  end
  return false
end

local function upload(self, pem, path, ours, kept)
  while true do
    local stored, err = self.modem.file.upload({ data = pem }, path, { replace = true })
    if stored then return true end
    if not FULL[err.code] or not make_room(self, ours, kept) then return nil, err end
  end
end

--- Stores a certificate unless the module has it; returns its path in the module.
---@param certificate hayes.certificate
---@param kept table<string, boolean> paths that must stay; its own is added
---@return string?, hayes.error?
function Store:install(certificate, kept)
  if certificate.path then return certificate.path end
  local modem, pem = self.modem, certificate.pem
  local hash = fingerprint(pem)
  if self.known[hash] then
    kept[self.known[hash]] = true
    return self.known[hash]
  end
  local ours, err = list_ours(modem)
  if not ours then return nil, errors.within(err, "looking for certificates in the module") end
  local found
  for _, file in ipairs(ours) do found = file.hash == hash and file or found end
  if found then
    local same
    same, err = is_stored(modem, found, pem)
    if same == nil then return nil, err end
    if same then found.whole = true end
  end
  local last = ours[#ours]
  local path = found and found.path or ("UFS:hayes-%04d-%s.pem"):format(last and last.number + 1 or 1, hash)
  kept[path] = true
  if not (found and found.whole) then
    local stored
    stored, err = upload(self, pem, path, ours, kept)
    if not stored then return nil, err end
  end
  self.known[hash] = path
  return path
end

return Store

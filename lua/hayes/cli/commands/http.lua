--- hayes http: fetches a URL through the module.

local check = require "hayes.check"
local input = require "hayes.cli.input"
local progress = require "hayes.cli.progress"
local stop = require "hayes.cli.stop"
local target = require "hayes.cli.target"

local http = {}

local MOST_REDIRECTS = 5
local ORDER = { "url", "status", "headers", "bytes", "output", "body" }
local is_redirect = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

function http.define(command)
  command:description "Fetch a URL through the module, to standard output or a file."
  command:argument("url", "https://… or http://…; without a scheme, https.")
  target.define_network(command)
  target.define_tls(command)
  command:option("-o --output", "Write the body to this file."):argname "<file>"
  command:option("-X --method", "The request's method (GET; with --data POST)."):argname "<method>"
  command:option("-H --header", "A header, such as 'Accept: text/plain'; may be repeated."):argname "<line>":count "*"
  command:option("-d --data", "The body to send: text, @FILE, or - for standard input."):argname "<data>"
  command:flag("-i --include", "Print the status and the headers first.")
  command:epilog("Examples:\n   hayes http --ca isrg-root-x1.pem https://example.com/\n"
    .. "   hayes http --ca ca.pem -d @report.json -H 'Content-Type: application/json' https://example.com/in\n\n"
    .. "A status of 400 and above gives exit status 1; the body is printed all the same.")
end

local function headers_of(lines, data)
  local headers = {}
  for _, line in ipairs(lines or {}) do
    local name, value = line:match "^([%w%-_]+):%s*(.-)%s*$"
    if not name then stop.wrong_use("--header %s: write it as 'Name: value'", line) end
    if line:find "[%z\1-\8\10-\31\127]" then stop.wrong_use("--header %s: it is to be one line", line) end
    headers[name:lower()] = value
  end
  if data then headers["content-length"] = tostring(#data) end
  return headers
end

--- What may not stand in a request line, encoded as URLs have it.
local function encoded(path)
  return (path:gsub("[^!-~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

--- Where a URL leads, and what is asked for there.
local function parts_of(url)
  -- The parser wants a path in front of a query.
  local parts = require("socket.url").parse((url:gsub("^(%a+://[^/?#]*)%?", "%1/?")), { path = "/" })
  local secure = parts.scheme == "https"
  if not parts.host or parts.host == "" then stop.wrong_use("%s names no host", url) end
  local path = parts.path .. (parts.params and ";" .. parts.params or "") .. (parts.query and "?" .. parts.query or "")
  local port = math.tointeger(tonumber(parts.port or (secure and 443 or 80)))
  if not port or port < 1 or port > 65535 then
    stop.wrong_use("%s: the port is %s; it must be from 1 to 65535", url, parts.port)
  end
  return { secure = secure, host = parts.host, port = port, path = encoded(path), user = parts.user,
    password = parts.password, authority = parts.host .. (parts.port and ":" .. parts.port or "") }
end

--- What must be the same for a server to be told once more who asks: also with or without TLS.
local function origin_of(url)
  local parts = parts_of(url)
  return ("%s %s %d"):format(parts.secure, parts.host:lower(), parts.port)
end

local function unescape(text)
  return require("socket.url").unescape(text)
end

local function headers_for(parts, request)
  local headers = { host = parts.authority, connection = "close", ["user-agent"] = "hayes" }
  if parts.user then
    local account = unescape(parts.user) .. ":" .. unescape(parts.password or "")
    headers.authorization = "Basic " .. require("mime").b64(account)
  end
  for name, value in pairs(request.headers) do headers[name] = value end
  return headers
end

local function has_body(method, status)
  return method ~= "HEAD" and status ~= 204 and status ~= 304 and status >= 200
end

--- What is wrong with the headers of an answer; nil: nothing. Of a length that is said twice LuaSocket makes "5, 5".
local function flaw_of(headers)
  local length = headers["content-length"]
  if length and not headers["transfer-encoding"] and not length:find "^%d[%d, ]*$" then
    return ("its Content-Length is %q"):format(length)
  end
end

--- The status, its line and the headers of an answer, past those that are not final; nil and what is wrong.
local function receive_head(connection)
  local status, line, headers
  repeat
    status, line = connection:receivestatusline()
    if not line then return nil, "timeout" elseif not status then return nil, "it sends no status line" end
    headers = connection:receiveheaders()
  until status >= 200 or status == 101
  local flaw = flaw_of(headers)
  if flaw then return nil, flaw end
  return status, line, headers
end

--- One request; `on_head(status, headers)` gives the sink for the body, or nil where that is not wanted.
local function exchange(create, parts, request, on_head)
  local connection = require("socket.http").open(parts.host, parts.port, create)
  connection:sendrequestline(request.method, parts.path)
  connection:sendheaders(headers_for(parts, request))
  if request.data then
    connection:sendbody({ ["content-length"] = #request.data }, require("ltn12").source.string(request.data))
  end
  local status, line, headers = receive_head(connection)
  if not status then
    connection:close()
    return nil, line
  end
  local sink = on_head(status, headers, line)
  if sink and has_body(request.method, status) then connection:receivebody(headers, sink) end
  connection:close()
  return status, headers
end

--- What a socket says of itself. All else that LuaSocket says is about what the server has sent.
local of_socket = { "closed", "timeout", "connection refused", "host or service not provided, or not known" }

--- Why there is no answer, in the words of the socket rather than LuaSocket's.
local function reason(parts, socket, words)
  if type(words) ~= "string" then return words end
  if check.contains(of_socket, words) then return socket and socket:lasterror() or words end
  return ("%s:%d does not speak HTTP: %s"):format(parts.host, parts.port, words)
end

--- The answer to one request; or nil and why there is none.
local function one_request(run, url, request, on_head)
  local parts = parts_of(url)
  local modem, last = run.modem, nil
  local create = parts.secure and modem.ssl.factory(target.tls(run.arguments)) or modem.tcp.factory()
  local status, headers = require("socket").protect(exchange)(function()
    local socket, err = create()
    last = socket
    return socket, err
  end, parts, request, on_head)
  if status then return status, headers end
  return nil, reason(parts, last, headers)
end

local function with_scheme(url)
  if url:find "^https?://" then return url end
  local scheme = url:match "^(%a[%w+.-]*)://"
  if scheme then stop.wrong_use("%s is no URL that can be fetched: it must begin with https:// or http://", url) end
  return "https://" .. url
end

--- Where a server says that the answer is; it ends the run as refused where that is nothing to be fetched.
local function redirected(url, location)
  local ok, found = pcall(function()
    local absolute = with_scheme(require("socket.url").absolute(url, location))
    parts_of(absolute)
    return absolute
  end)
  if ok then return found end
  if not stop.is(found) then error(found, 0) end
  stop.with(stop.REFUSED, ("%s leads to another URL: %s"):format(url, tostring(found)))
end

local function show_head(out, status_line, headers)
  out:line("%s", status_line)
  for _, name in ipairs(check.names(headers)) do out:line("%s: %s", name, headers[name]) end
  out:line ""
end

--- Where the body goes.
---@return fun(bytes: string?): 1|nil, string?  an LTN12 sink
local function output_of(run)
  local path = run.arguments.output
  if not path then return run.out.sink() end
  local file, err = io.open(path, "wb")
  if not file then stop.wrong_use("the output cannot be written: %s", err) end
  return function(bytes)
    local ok, words
    if bytes then ok, words = file:write(bytes) else ok, words = file:close() end
    return ok and 1 or nil, not ok and ("the output cannot be written: %s: %s"):format(path, words) or nil
  end
end

--- Headers that tell a server who asks are not sent to another one.
local function without_secrets(headers)
  local kept = {}
  for name, value in pairs(headers) do
    if name ~= "authorization" and name ~= "cookie" then kept[name] = value end
  end
  return kept
end

--- Whether what an answer points at is fetched, whatever was asked for (RFC 9110 15.4; 301 and 302 as browsers do).
local function is_for_get(status, method)
  if status == 303 then return method ~= "HEAD" end
  return (status == 301 or status == 302) and method == "POST"
end

--- The request for what an answer to another request points at: nothing is sent again.
local function without_body(request)
  local headers = {}
  for name, value in pairs(request.headers) do
    if not name:find "^content%-" then headers[name] = value end
  end
  return { method = "GET", headers = headers }
end

--- What takes the body of the last answer, and what was taken.
local function receiver(run, output)
  local show, finish = progress.new(run.out)
  local taken = { bytes = 0, parts = {}, finish = finish }
  function taken.sink_for(length)
    return function(chunk)
      if not chunk then return 1 end
      if run.out.json and not run.arguments.output then
        taken.parts[#taken.parts + 1] = chunk
      else
        local ok, err = output(chunk)
        if not ok then
          taken.failed = err
          return nil, err
        end
      end
      taken.bytes = taken.bytes + #chunk
      show(taken.bytes, length)
      return 1
    end
  end
  return taken
end

local function print_json(run, url, status, headers, taken)
  local output = run.arguments.output
  run.out:value({ url = url, status = status, headers = headers, bytes = taken.bytes, output = output,
    body = not output and table.concat(taken.parts) or nil }, ORDER)
end

function http.run(run)
  local arguments = run.arguments
  local url = with_scheme(arguments.url)
  local data = input.read(arguments.data)
  local request = { method = arguments.method or (data and "POST" or "GET"), data = data,
    headers = headers_of(arguments.header, data) }
  if not request.method:find "^[%w_%-]+$" then stop.wrong_use("--method %s: it is to be one word", request.method) end
  if parts_of(url).secure then target.tls(arguments) end -- told before the module does anything
  target.go_on_line(run)
  local output = output_of(run)
  local taken = receiver(run, output)
  local status, headers
  for _ = 1, MOST_REDIRECTS + 1 do
    status, headers = one_request(run, url, request, function(code, received, line)
      if is_redirect[code] and received.location then return nil end
      if arguments.include and not run.out.json then show_head(run.out, line, received) end
      return taken.sink_for(tonumber(received["content-length"]))
    end)
    if not status or not is_redirect[status] or not headers.location then break end
    local next_url = redirected(url, headers.location)
    if origin_of(next_url) ~= origin_of(url) then request.headers = without_secrets(request.headers) end
    if is_for_get(status, request.method) then request = without_body(request) end
    url = next_url
  end
  taken.finish()
  -- The connection was given up then, and what it says of that is not the reason.
  if taken.failed then stop.with(stop.REFUSED, taken.failed) end
  stop.unless(output())
  if not status then stop.with(stop.status_of(headers), headers) end
  if is_redirect[status] and headers.location then
    stop.with(stop.REFUSED, ("more than %d redirects"):format(MOST_REDIRECTS))
  end
  if run.out.json then print_json(run, url, status, headers, taken) end
  if status >= 400 then stop.with(stop.REFUSED, ("the server answered with status %d"):format(status)) end
end

return http

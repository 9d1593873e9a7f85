-- What `wrk` sends: requests of a list in turns, or chains in which each request carries the token
-- of the answer before. The list is a Lua file, the argument; the outcome is one line of JSON.

local plain, waiting, count, follow = {}, {}, 0, nil

function init(args)
  local list = dofile(args[1])
  follow = list.follow
  for _, each in ipairs(list.requests) do
    if follow then
      waiting[#waiting + 1] = each
    else
      plain[#plain + 1] = wrk.format(each.method, each.path, each.headers, each.body)
    end
  end
  if not follow then
    -- A function of that name makes wrk keep and hand over every body.
    response = nil
  end
end

-- In a chain the oldest token that waits is next; its place is free for the one that comes back.
local sent = {}

function request()
  count = count + 1
  if not follow then
    return plain[count % #plain + 1]
  end
  local each = table.remove(waiting, 1)
  sent[#sent + 1] = each
  local headers = {}
  for name, value in pairs(each.headers) do
    headers[name] = value:gsub("TOKEN", each.token)
  end
  local body = each.body and each.body:gsub("TOKEN", each.token)
  return wrk.format(each.method, each.path, headers, body)
end

function response(status, headers, body)
  local token = body:match(follow)
  if not token then
    error("an answer without a token: " .. status .. " " .. body)
  end
  local each = table.remove(sent, 1)
  each.token = token
  waiting[#waiting + 1] = each
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'OUTCOME {"requests":%.0f,"micros":%.0f,"p50":%.0f,"p99":%.0f,"refused":%.0f,"broken":%.0f}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end

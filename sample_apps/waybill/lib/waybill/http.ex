defmodule Waybill.Http do
  # A web server in one page: with `packet: :http_bin` the socket itself parses
  # the request line and the headers.
  use Task, restart: :permanent

  @options [:binary, packet: :http_bin, active: false, reuseaddr: true, backlog: 128]

  def start_link(port), do: Task.start_link(__MODULE__, :listen, [port])

  def listen(port) do
    {:ok, listen} = :gen_tcp.listen(port, @options)
    accept(listen)
  end

  defp accept(listen) do
    {:ok, socket} = :gen_tcp.accept(listen)
    serve(socket)
    :gen_tcp.close(socket)
    accept(listen)
  end

  defp serve(socket) do
    with {:ok, {:http_request, :GET, {:abs_path, path}, _version}} <- :gen_tcp.recv(socket, 0, 5000),
         :ok <- skip_headers(socket) do
      {status, body} = answer(path)
      :gen_tcp.send(socket, response(status, body))
    end
  end

  defp skip_headers(socket) do
    case :gen_tcp.recv(socket, 0, 5000) do
      {:ok, :http_eoh} -> :ok
      {:ok, {:http_header, _, _, _, _}} -> skip_headers(socket)
      other -> other
    end
  end

  defp answer("/"), do: {"200 OK", "#{Application.fetch_env!(:waybill, :greeting)} from #{node()}\n"}
  defp answer("/health"), do: {"200 OK", "ok\n"}
  defp answer(_path), do: {"404 Not Found", "not found\n"}

  defp response(status, body) do
    "HTTP/1.1 #{status}\r\ncontent-type: text/plain\r\ncontent-length: #{byte_size(body)}\r\n" <>
      "connection: close\r\n\r\n#{body}"
  end
end

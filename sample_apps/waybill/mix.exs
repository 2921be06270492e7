defmodule Waybill.MixProject do
  use Mix.Project

  def project do
    [
      app: :waybill,
      version: "0.3.0",
      elixir: "~> 1.14",
      start_permanent: Mix.env() == :prod,
      deps: [],
      releases: [waybill: [include_executables_for: [:unix], steps: [:assemble, :tar]]]
    ]
  end

  def application do
    [extra_applications: [:logger], mod: {Waybill.Application, []}]
  end
end

"""The pure core: language, compiler, engine, codec. Knows no Flink, network, clock or chance."""

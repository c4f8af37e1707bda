#!/usr/bin/perl

# docs/examples/nginx-dot.conf as it stands, but for paths and ports: nginx's
# stream module ends TLS in front of dnsd, which answers the clients' own
# addresses.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::IP;
use Test::More;

use SrvRegistrar::Certificates;
use SrvRegistrar::Dnsd;
use SrvRegistrar::Process qw(free_port listens program wait_until);

use constant NAME => 'dev1.devices.example';

my $nginx = program('nginx');
my ($modules) = !$nginx ? ()
    : `$nginx -V 2>&1` =~ m{--modules-path=(\S+)};

plan(skip_all => 'no nginx with its stream module')
    if !defined($modules) || !-e "$modules/ngx_stream_module.so";
plan(skip_all => 'no kdig') if !program('kdig');

my $d = SrvRegistrar::Dnsd->new();
my $tls = free_port($d->{address});
my $tls6 = IO::Socket::IP->new(LocalHost => '::1', Listen => 1)->sockport();
my $plain = free_port('127.0.0.1');
my $certificates = SrvRegistrar::Certificates->new($d->{dir});

$certificates->ca('ca');
$certificates->certificate('ns1.example.net', ca => 'ca',
    ext => ['subjectAltName=DNS:ns1.example.net']);

$d->fill($d->ZONE . $d->DEVICE);
$d->start('--threads', 2, '--listen-proxy', "127.0.0.1\@$plain",
          '--proxy-from', '127.0.0.1');

my %replaced = (
    'load_module modules/' => "load_module $modules/",
    '/run/nginx.pid'       => "$d->{dir}/nginx.pid",
    '/var/log/nginx/'      => "$d->{dir}/",
    '/etc/srv-registrar/'  => "$d->{dir}/",
    'listen 853 '          => "listen $d->{address}:$tls ",
    'listen [::]:853 '     => "listen [::1]:$tls6 ",
    '127.0.0.1:8853'       => "127.0.0.1:$plain",
);

my $configuration = slurp(SrvRegistrar::Dnsd::ROOT
                          . '/docs/examples/nginx-dot.conf');

for my $text (sort(keys(%replaced))) {
    ok($configuration =~ s/^(?!\s*#)(.*)\Q$text\E/$1$replaced{$text}/mg,
       "the example has: $text");
}

open(my $file, '>', "$d->{dir}/nginx.conf") or die($!);
print $file $configuration;
close($file);

my $proxy = SrvRegistrar::Process->start(
    command => [$nginx, '-p', $d->{dir}, '-e', "$d->{dir}/error.log", '-c',
                "$d->{dir}/nginx.conf", '-g', 'daemon off;'],
    output  => "$d->{dir}/nginx.output",
    ready   => sub { listens($d->{address}, $tls) },
);


sub slurp
{
    my ($path) = @_;

    open(my $in, '<', $path) or die("$path: $!");
    local $/;

    return scalar(<$in>);
}


# Several questions on one connection; what kdig prints.

sub kdig
{
    my ($address, $port, @questions) = @_;

    my @command = ('kdig', "\@$address", '-p', $port, '+tls', '+keepopen',
        '+retry=0', "+tls-ca=$d->{dir}/ca.pem",
        '+tls-hostname=ns1.example.net', @questions);

    open(my $pipe, '-|', @command) or die("kdig: $!");
    local $/;

    return scalar(<$pipe>) // '';
}


my $said = kdig($d->{address}, $tls, NAME, 'A', "_xmpp-server._tcp.${\ NAME}",
                'SRV', "nope.${\ NAME}", 'A');

like($said, qr/TLS.*certificate is trusted|TLS session \(TLS1\.[23]\)/,
     'TLS, with a certificate that was asked for');
like($said, qr/^dev1\.devices\.example\.\s+\d+\s+IN\s+A\s+203\.0\.113\.7$/m,
     'an address over TLS');
like($said, qr/IN\s+SRV\s+0 0 15269 dev1\.devices\.example\./,
     '... a service on the same connection');
like($said, qr/status: NXDOMAIN/, '... and a name that is not there');

$said = kdig('::1', $tls6, '+edns', '+ednsopt=11', '+padding', NAME, 'A');
like($said, qr/203\.0\.113\.7/, 'over IPv6');
like($said, qr/PADDING/i, '... padded, since it is encrypted');
like($said, qr/KEEPALIVE|EDNS_OPT.*11|Option.*11/i,
     '... and told how long it may be idle');

my $stats = $d->stats();
is($stats->{'dnsd_queries_total{transport="tls",family="ipv4"}'}, 3,
   'counted as TLS from IPv4');
is($stats->{'dnsd_queries_total{transport="tls",family="ipv6"}'}, 1,
   '... and from IPv6, though the proxy came by IPv4');

# Who asks without TLS, or speaks another protocol in it, gets to no dnsd.

my $before = $d->stats()->{dnsd_tcp_accepted_total};
my $socket = $d->connect(PeerPort => $tls);
print $socket pack('n/a*', $d->packet(NAME, 'A')->data());
is($d->read_tcp($socket), undef, 'no answer without TLS');

unlike(openssl('-alpn', 'h2'), qr/New, TLS/, 'no answer to another protocol');
like(openssl('-alpn', 'dot'), qr/New, TLS/, '... but to DNS');

ok(wait_until(sub {
    ($d->stats()->{dnsd_tcp_accepted_total} // 0) == $before + 1
}), 'only the one has come to dnsd');

$proxy->stop();
unlike(slurp("$d->{dir}/error.log"), qr/\[(?:alert|crit|emerg|error)\]/,
       'nothing wrong in the log of nginx');
is($d->stop(), 0, 'stopped');
$d->finish();
done_testing();


# A handshake, and no more.

sub openssl
{
    my (@options) = @_;

    my $command = "openssl s_client -connect $d->{address}:$tls @options "
        . '-servername ns1.example.net </dev/null 2>&1';

    return `$command` // '';
}

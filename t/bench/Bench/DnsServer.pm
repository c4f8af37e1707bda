package Bench::DnsServer;

# A DNS server at work on one fleet, on one processor: started, loaded and
# measured.  Which there are says Bench::DnsServers.

use strict;
use warnings;

use Carp qw(croak);
use IO::Select;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use Bench::Machine qw(pinned prefer processor);
use Bench::Profile ();
use Bench::Usage ();
use SrvRegistrar::Process qw(program);

# A million devices take BIND and Knot ten seconds on an idle machine, a minute
# on a busy one.
use constant START_TIMEOUT => 300;


# spec     one of Bench::DnsServers
# fleet    Bench::Fleet
# build    where the programs are
# dir      for the server's own files
# options  of dns_load, for each run
# realtime 1: during a run server and client come before everybody else, and
#          during a start, if it is one of milliseconds

sub start
{
    my ($class, %args) = @_;

    my $self = bless { %args, name => $args{spec}{name} }, $class;
    my $spec = $args{spec};

    my @command = $spec->{command}->(%args);

    # children inherit it

    my $hurry = $args{realtime} && $spec->{ours};

    prefer(1, $$) if $hurry;

    $self->{server} = "$args{address}\@$args{port}";
    $self->ask_first();

    my $begin = clock_gettime(CLOCK_MONOTONIC);

    $self->{process} = SrvRegistrar::Process->start(
        command => [ @{ $spec->{prefix} // [] }, pinned('server'), @command ],
        output  => "$args{dir}/log",
        timeout => START_TIMEOUT,
        ready   => sub { $self->answered_first() },
    );

    prefer(0, $$, Bench::Usage::processes($self->pid())) if $hurry;

    $self->{first_ms} = ($self->{first} / 1e9 - $begin) * 1e3;

    return $self;
}


# Somebody asks already when the server starts.

sub ask_first
{
    my ($self) = @_;

    $self->{asking_pid} = open($self->{asking}, '-|', $self->client('--first',
        '--mix', '1,0,0,0', '--seconds', START_TIMEOUT))
        or croak("dns_load: $!");

    readline($self->{asking}) // croak("$self->{name}: nobody asks");
}


# Never waits: whether the server lives has to be looked at, too.

sub answered_first
{
    my ($self) = @_;

    return 0 if !IO::Select->new($self->{asking})->can_read(0);

    ($self->{first}) = (readline($self->{asking}) // '') =~ /^first (\d+)/
        or croak("$self->{name} does not answer");

    delete $self->{asking_pid};
    close(delete $self->{asking});

    return 1;
}


# Whoever still asks would do so until its time is over, and close() would
# wait for it.

sub DESTROY
{
    my ($self) = @_;

    local ($?, $@, $!);

    kill('TERM', $self->{asking_pid}) if $self->{asking_pid};
}


sub stop { $_[0]{process}->stop() }


sub pid { return $_[0]{process}{pid} }


sub client
{
    my ($self, @options) = @_;

    return (@{ $self->{spec}{client_prefix} // [] }, pinned('client'),
        "$self->{build}/bench/dns_load", '--server', $self->{server},
        '--devices', $self->{fleet}->devices(), @{ $self->{options} },
        $self->{spec}{echo} ? '--echo' : (), @options);
}


# One run of dns_load: what it found; cpu, user and system, the server's
# microseconds for an answer; core, those of its processor, where the kernel's
# own threads count, too; lost, the share of queries.

sub load
{
    my ($self, @options) = @_;

    $self->hurry(1);
    my $before = Bench::Usage::cpu($self->pid());
    my $busy = Bench::Usage::processor(processor('server'));

    open(my $pipe, '-|', $self->hurrying_client(@options))
        or croak("dns_load: $!");
    my %found = map { split(/\s+/) } <$pipe>;
    close($pipe) or croak("$self->{name}: dns_load failed: "
        . ($? >> 8 ? 'see above' : "signal $?"));

    my $used = Bench::Usage::difference($before,
        Bench::Usage::cpu($self->pid()));
    $busy = Bench::Usage::processor(processor('server')) - $busy;
    $self->hurry(0);

    $found{answered} or croak("$self->{name} answered nothing");
    $found{lost} /= $found{sent};

    @found{qw(cpu user system)} = map { $used->{$_} * 1e6 / $found{answered} }
        qw(total user system);
    $found{core} = $busy * 1e6 / $found{answered};
    $found{busy} = $used->{total} / $found{seconds};

    return \%found;
}


# Tables of where its time goes, $cpu microseconds for an answer.

sub profile
{
    my ($self, $cpu, @options) = @_;

    $self->hurry(1);
    my $tables = Bench::Profile::profile(
        pid     => $self->pid(),
        program => $self->{spec}{program} // 'dnsd',
        file    => "$self->{dir}/perf.data",
        command => [$self->hurrying_client(@options)],
        cpu     => $cpu,
    );
    $self->hurry(0);

    return $tables;
}


sub hurry
{
    my ($self, $hurry) = @_;

    prefer($hurry, Bench::Usage::processes($self->pid())) if $self->{realtime};
}


sub hurrying_client
{
    my ($self, @options) = @_;

    return ($self->{realtime} ? (program('chrt'), '-r', 1) : (),
        $self->client(@options));
}


sub memory
{
    my ($self) = @_;

    return Bench::Usage::memory($self->pid(), $self->{fleet}->dir());
}


1;
